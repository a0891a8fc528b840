#include "hello.h"

namespace dipper {

bool take_vector(Cursor& rest, unsigned length_bytes, Cursor& value) noexcept {
  if (!rest.has(length_bytes)) return false;
  size_t size = 0;
  for (unsigned i = 0; i < length_bytes; ++i) size = size << 8 | rest.u8(i);
  const Cursor behind = rest.skip(length_bytes);
  if (!behind.has(size)) return false;
  value = behind.first(size);
  rest = behind.skip(size);
  return true;
}

namespace {

// Version, random and session id, which both hellos begin with.
bool take_beginning(Cursor& rest, Hello& hello) noexcept {
  if (!rest.has(34)) return false;
  hello.version = rest.be16(0);
  hello.random = rest.skip(2).first(32);
  rest = rest.skip(34);
  Cursor session;
  return take_vector(rest, 1, session) && session.size <= 32;
}

// Nothing, or all of the rest.
bool take_extensions(Cursor rest, Hello& hello) noexcept {
  return rest.size == 0 || (take_vector(rest, 2, hello.extensions) && rest.size == 0);
}

}  // namespace

bool parse_client_hello(Cursor body, bool datagram, Hello& hello) noexcept {
  Cursor cookie, compression;
  return take_beginning(body, hello) && (!datagram || take_vector(body, 1, cookie)) &&
         take_vector(body, 2, hello.ciphers) && hello.ciphers.size % 2 == 0 && take_vector(body, 1, compression) &&
         take_extensions(body, hello);
}

bool parse_server_hello(Cursor body, Hello& hello) noexcept {
  if (!take_beginning(body, hello) || !body.has(3)) return false;
  hello.ciphers = body.first(2);
  return take_extensions(body.skip(3), hello);
}

bool take_extension(Cursor& rest, ExtensionView& extension) noexcept {
  if (!rest.has(2)) return false;
  extension.type = rest.be16(0);
  Cursor behind = rest.skip(2);
  if (!take_vector(behind, 2, extension.data)) return false;
  rest = behind;
  return true;
}

bool find_extension(const Hello& hello, uint16_t type, Cursor& data) noexcept {
  Cursor rest = hello.extensions;
  for (ExtensionView extension; take_extension(rest, extension);) {
    if (extension.type != type) continue;
    data = extension.data;
    return true;
  }
  return false;
}

Cursor server_name(Cursor extension) noexcept {
  Cursor names, name;
  if (!take_vector(extension, 2, names)) return {nullptr, 0};
  while (names.has(1)) {
    const bool is_host = names.u8(0) == 0;
    names = names.skip(1);
    if (!take_vector(names, 2, name)) break;
    if (is_host) return name;
  }
  return {nullptr, 0};
}

Cursor alpn_names(Cursor extension) noexcept {
  Cursor names{nullptr, 0};
  return take_vector(extension, 2, names) ? names : Cursor{nullptr, 0};
}

}  // namespace dipper
