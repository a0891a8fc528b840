// Thread: a pure function over the caller's bytes and findings.
#include "bittorrent.h"

#include "../address_text.h"
#include "findings.h"
#include "text_lines.h"

namespace dipper {

Reading read_bittorrent(Cursor bytes, Findings& findings) {
  constexpr std::string_view mark = "\x13" "BitTorrent protocol";
  constexpr size_t reserved = 8, hash_size = 20;
  if (text_of(bytes).substr(0, mark.size()) != mark.substr(0, bytes.size)) return Reading::foreign;
  const Cursor hash = bytes.skip(mark.size() + reserved);
  if (!hash.has(hash_size)) return Reading::more;
  char text[2 * hash_size];
  write_hex(hash.data, hash_size, text);
  findings.set(Field::bt_info_hash, std::string_view(text, sizeof text));
  return Reading::done;
}

}  // namespace dipper
