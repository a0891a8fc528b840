// What a flow_dpi_update changes: the members that are not as they were told before, and their values then. It compares the
// JSON text of both, so that whatever becomes part of the text is covered. Thread: a worker's.
#pragma once
#include <string>
#include <string_view>

namespace dipper {

constexpr size_t most_previous = 65536;  // bytes of old values; what is longer is left out, its name is not

// Appends `,"changed":["a","b.c"],"previous":{"a":...,"b":{"c":...}}`: names of members, inside of objects with a dot, that
// differ or are new or gone, and the old values of those that had one. `before` and `now` are members as in Metadata::text(),
// each with its comma, made by this process; a name is in each once.
void write_previous(std::string_view before, std::string_view now, std::string& out);

}  // namespace dipper
