// Capture files as a source: pcap and pcapng, plain or gzip (by content, never by name), from a
// path or from standard input. A plain regular file is memory-mapped (mapped_capture.h), everything
// else is streamed (streamed_capture.h). Only what concerns the file itself fails here: its content
// is judged by read().
#pragma once
#include <memory>
#include <string>

#include "core/source.h"

namespace dipper {

// `path` "-" is standard input. Null and `error` when it can't be opened: 66 missing or a
// directory, 77 not permitted, 74 anything else. Never waits, not even for the writer of a FIFO.
std::unique_ptr<Source> open_capture_file(const std::string& path, SourceError& error);

}  // namespace dipper
