// What our own dissectors read out of a flow's packets, by field (metadata.h). Values are copied; all of a flow together have
// a bound. Thread: the worker's, in an Inspection.
#pragma once
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "../metadata.h"

namespace dipper {

class Findings {
 public:
  static constexpr size_t most_bytes = 3072;  // of all values together, and three for each
  // Room that is always there: enough for most of the flows that are in detection at a time. Who needs more gets twice as much,
  // again and again, until clear().
  static constexpr size_t usual_bytes = 192;

  Findings() = default;
  Findings(const Findings&) = delete;
  Findings& operator=(const Findings&) = delete;
  ~Findings() { shrink(); }

  // Each returns false, and full() is true from then on, when there is no room: nothing has changed. Text is cut to
  // Metadata::max_text and may be any bytes. Empty text is not a finding: nothing is stored, true.
  bool set(Field field, std::string_view value);  // replaces an earlier value
  bool set_first(Field field, std::string_view value) { return has(field) || set(field, value); }
  bool set(Field field, const char* value) { return set(field, std::string_view(value)); }
  bool set(Field field, uint64_t value);
  bool add(Field field, std::string_view item);   // list fields: appends it unless it is there

  bool has(Field field) const { return used_[index(field) / 64] >> index(field) % 64 & 1; }
  bool empty() const;
  bool full() const { return full_; }
  std::string_view text(Field field) const;  // "" when there is none; of a list its items, each with its size (u16) in front
  uint64_t number(Field field) const;        // 0 when there is none
  void clear();

  // Writes field `id` of the table, which has() a finding, to `metadata`.
  void write(Field field, Metadata& metadata) const;
  // The first field with a finding at `from` or after it in the table; Field::count_ when there is none.
  Field next(size_t from) const;

 private:
  static constexpr size_t fields = static_cast<size_t>(Field::count_), words = (fields + 63) / 64;
  static constexpr size_t index(Field field) { return static_cast<size_t>(field); }
  // What stands before each value. A flow has some ten: to look through them costs less than a place for each of the fields,
  // which was a fifth of all that is kept of a flow in detection.
  struct Head {
    uint8_t field, size_low, size_high;
    size_t size() const { return size_low | size_high << 8; }
    void resize(size_t size) {
      size_low = static_cast<uint8_t>(size);
      size_high = static_cast<uint8_t>(size >> 8);
    }
  };
  static_assert(fields <= 256 && most_bytes <= 0xffff);

  Head* find(Field field) const;  // of a used field
  bool has_room(size_t bytes);    // for so many more, and full() if not
  bool append(Field field, std::string_view head, std::string_view value);  // to the field's bytes
  bool put(Field field, std::string_view value);
  void remove(Field field);
  bool grow(size_t bytes);
  void shrink();

  uint64_t used_[words] = {};
  char* bytes_ = usual_;
  uint16_t end_ = 0, capacity_ = usual_bytes;
  bool full_ = false;
  char usual_[usual_bytes];
};

// Passes on the library's values, which come in table order, and puts a flow's findings in their places: a finding takes the
// place of the library's value.
class FieldSink {
 public:
  FieldSink(Metadata& metadata, const Findings* findings) : metadata_(metadata), findings_(findings), next_(from(0)) {}
  void add_text(Field field, std::string_view value) {
    if (library_speaks(field)) metadata_.add_text(field, value);
  }
  void add_number(Field field, uint64_t value) {
    if (library_speaks(field)) metadata_.add_number(field, value);
  }
  void finish() { write_before(end); }

 private:
  static constexpr size_t end = static_cast<size_t>(Field::count_);

  size_t from(size_t field) const { return findings_ ? static_cast<size_t>(findings_->next(field)) : end; }
  bool library_speaks(Field field) {
    write_before(static_cast<size_t>(field));
    return next_ != static_cast<size_t>(field);
  }
  void write_before(size_t field) {
    for (; next_ < field; next_ = from(next_ + 1)) findings_->write(static_cast<Field>(next_), metadata_);
  }

  Metadata& metadata_;
  const Findings* findings_;
  size_t next_;  // the first finding that is not written
};

}  // namespace dipper
