// A capture that comes through a descriptor: pcap or pcapng, plain or gzip. A resumable one waits for
// another descriptor when its own has ended, with a capture of its own in it: what a program sends
// that was started again. Thread: read() by the reader, everything else by any.
#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "core/source.h"
#include "sources/sources.h"

namespace dipper {

class StreamSource final : public Source {
 public:
  // Owns options.descriptor in any case. `path` is what messages call it. Null and `error`: 64.
  static std::unique_ptr<Source> open(const SourceOptions& options, SourceError& error);
  ~StreamSource() override;

  ReadStatus read(Burst& burst) override;
  void stop() noexcept override;
  SourceError error() const override;
  SourceStats stats() const noexcept override;
  bool lossless() const noexcept override { return !live_; }
  bool provide_descriptor(int fd) noexcept override;

 private:
  StreamSource(const SourceOptions& options, std::unique_ptr<Source> capture);

  const std::string name_;
  const bool live_, resumable_;
  mutable std::mutex mutex_;  // for the fields below; read() holds it only to change them
  std::condition_variable changed_;
  std::unique_ptr<Source> capture_;  // changed by the reader alone
  SourceStats ended_;                // sums over the captures before it
  bool waiting_ = false, stopped_ = false;
  int provided_ = -1;
};

}  // namespace dipper
