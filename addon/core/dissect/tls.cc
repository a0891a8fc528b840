#include "tls.h"

#include <algorithm>

#include "dissectors.h"

namespace dipper {
namespace {

constexpr size_t record_header = 5, message_header = 4, longest_record = 16384 + 2048;  // RFC 5246, 6.2.3
constexpr uint8_t type_handshake = 22;

size_t message_size(const uint8_t* message) { return size_t{message[1]} << 16 | load_be16(message + 2); }

bool is_record(Cursor header) {
  const size_t size = header.be16(3);
  return header.u8(1) == 3 && header.u8(2) <= 4 && size > 0 && size <= longest_record;
}

class TlsReader {
 public:
  TlsReader(bool from_client, Inspection& inspection)
      : inspection_(inspection),
        handshake_(inspection.handshake),
        stream_(inspection.tls.of[from_client]),
        pieces_(inspection.handshake.pieces[from_client]),
        from_client_(from_client) {}

  // False: these are no records.
  bool read(uint32_t sequence, Cursor bytes) {
    // Sequence numbers wrap around; what is further behind than half of them is ahead.
    const auto offset = static_cast<int32_t>(sequence - stream_.base);
    if (offset < 0) bytes = bytes.skip(static_cast<size_t>(-static_cast<int64_t>(offset)));
    if (!bytes.size) return true;  // all of it was there before
    uint32_t at = offset > 0 ? static_cast<uint32_t>(offset) : 0;
    if (at == 0 && !pieces_.started()) {
      const size_t read = read_whole_records(bytes);
      if (wrong_) return false;
      stream_.base += static_cast<uint32_t>(read);
      bytes = bytes.skip(read);
      if (stream_.over || !bytes.size) return true;
    }
    pieces_.add(at, bytes, inspection_.buffers);
    if (pieces_.started()) read_pieces();
    return !wrong_;
  }

 private:
  // Another content type: what follows in this direction is encrypted, or the end.
  void end() {
    stream_.over = true;
    if (!handshake_.client_seen || from_client_ != handshake_.client_side) handshake_.over = true;
  }

  void take(const uint8_t* message) {
    handshake_.read(message[0], {message + message_header, message_size(message)}, from_client_, HelloTransport::tls,
                    inspection_.findings);
    if (handshake_.client_seen && from_client_ == handshake_.client_side) stream_.over = true;
  }

  static bool consists_of_messages(Cursor content) {
    while (content.has(message_header) && content.has(message_header + message_size(content.data)))
      content = content.skip(message_header + message_size(content.data));
    return content.size == 0;
  }

  size_t read_whole_records(Cursor bytes) {
    size_t done = 0;
    while (bytes.has(record_header) && !stream_.over && !handshake_.over) {
      if (!is_record(bytes)) {
        wrong_ = true;
        return done;
      }
      if (bytes.u8(0) != type_handshake) {
        end();
        return done;
      }
      const size_t size = record_header + bytes.be16(3);
      if (!bytes.has(size)) return done;
      Cursor content = bytes.first(size).skip(record_header);
      if (!consists_of_messages(content)) return done;
      for (; content.size && !stream_.over; content = content.skip(message_header + message_size(content.data))) take(content.data);
      bytes = bytes.skip(size);
      done += size;
    }
    return done;
  }

  void read_pieces() {
    uint8_t* bytes = pieces_.bytes();
    const size_t whole = pieces_.whole().size;
    while (!wrong_) {
      if (!stream_.record_left) {
        const Cursor header{bytes + stream_.read, whole - stream_.read};
        if (!header.has(record_header)) break;
        if (!is_record(header)) {
          wrong_ = true;
          return;
        }
        if (header.u8(0) != type_handshake) {
          take_messages(bytes);
          return end();
        }
        stream_.record_left = header.be16(3);
        stream_.read = static_cast<uint16_t>(stream_.read + record_header);
      }
      const auto n = static_cast<uint16_t>(std::min<size_t>(stream_.record_left, whole - stream_.read));
      if (!n) break;
      memmove(bytes + stream_.joined, bytes + stream_.read, n);
      stream_.joined = static_cast<uint16_t>(stream_.joined + n);
      stream_.read = static_cast<uint16_t>(stream_.read + n);
      stream_.record_left = static_cast<uint16_t>(stream_.record_left - n);
    }
    take_messages(bytes);
  }

  void take_messages(const uint8_t* bytes) {
    while (!stream_.over && !handshake_.over && stream_.joined - stream_.taken >= static_cast<int>(message_header)) {
      const uint8_t* message = bytes + stream_.taken;
      const size_t size = message_size(message), there = stream_.joined - stream_.taken - message_header;
      if (there < size) {
        if (message[0] == message_certificate)
          handshake_.read_certificate_message({message + message_header, there}, size, from_client_, inspection_.findings);
        else if (size > Assembly::capacity)
          end();  // it will never be whole
        return;
      }
      take(message);
      stream_.taken = static_cast<uint16_t>(stream_.taken + message_header + size);
    }
  }

  Inspection& inspection_;
  Handshake& handshake_;
  TlsStream& stream_;
  Assembly& pieces_;
  bool from_client_, wrong_ = false;
};

}  // namespace

// A handshake record with a hello; of a segment that is shorter than that, what there is of it.
bool tls_begins(const Segment& segment) {
  const Cursor bytes = segment.payload;
  const auto is = [bytes](size_t at, int least, int most) { return !bytes.has(at + 1) || (bytes.u8(at) >= least && bytes.u8(at) <= most); };
  return is(0, type_handshake, type_handshake) && is(1, 3, 3) && is(2, 0, 4) && (!bytes.has(record_header) || is_record(bytes)) &&
         is(record_header, message_client_hello, message_server_hello);
}

Reading read_tls(const Segment& segment, Inspection& inspection) {
  TlsStream& stream = inspection.tls.of[segment.from_client];
  TlsStream& other = inspection.tls.of[!segment.from_client];
  Handshake& handshake = inspection.handshake;
  if (!stream.begun) {
    stream.begun = true;
    stream.base = segment.sequence;
    // The answer begins where this side waits for it, whichever of its segments comes first.
    if (!other.begun && segment.acknowledges) {
      other.begun = true;
      other.base = segment.acknowledged;
    }
  }
  if (!stream.over && !handshake.over && !TlsReader(segment.from_client, inspection).read(segment.sequence, segment.payload)) {
    if (!handshake.client_seen && !handshake.server_seen) {
      handshake.clear(inspection.buffers);
      inspection.tls = {};
      return Reading::foreign;
    }
    stream.over = true;
    if (segment.from_client != handshake.client_side) handshake.over = true;
  }
  if (stream.over || handshake.over) handshake.pieces[segment.from_client].release(inspection.buffers);
  return handshake.over || (stream.over && other.over) ? Reading::done : Reading::more;
}

}  // namespace dipper
