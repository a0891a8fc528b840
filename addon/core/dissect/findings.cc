#include "findings.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace dipper {

bool Findings::empty() const {
  return std::all_of(used_, used_ + words, [](uint64_t word) { return word == 0; });
}

void Findings::clear() {
  memset(used_, 0, sizeof used_);
  end_ = 0;
  full_ = false;
  shrink();
}

bool Findings::grow() {
  auto* whole = static_cast<char*>(malloc(most_bytes));
  if (!whole) return false;
  memcpy(whole, bytes_, end_);
  bytes_ = whole;
  return true;
}

void Findings::shrink() {
  if (bytes_ == usual_) return;
  free(bytes_);
  bytes_ = usual_;
}

std::string_view Findings::text(Field field) const {
  if (!has(field)) return {};
  const Slot& slot = slots_[index(field)];
  return {bytes_ + slot.at, slot.size};
}

uint64_t Findings::number(Field field) const {
  uint64_t value = 0;
  const std::string_view bytes = text(field);
  if (bytes.size() == sizeof value) memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// The field's bytes move to the end, if they are not there, and grow. No gaps remain, so that the bound is what is stored.
bool Findings::append(Field field, std::string_view head, std::string_view value) {
  const size_t more = head.size() + value.size();
  if (more > most_bytes - end_ || (bytes_ == usual_ && more > usual_bytes - end_ && !grow())) {
    full_ = true;
    return false;
  }
  Slot& slot = slots_[index(field)];
  if (!has(field)) {
    slot = {end_, 0};
    used_[index(field) / 64] |= uint64_t{1} << index(field) % 64;
  } else if (slot.at + slot.size != end_) {
    std::rotate(bytes_ + slot.at, bytes_ + slot.at + slot.size, bytes_ + end_);
    for (size_t i = 0; i < fields; ++i)
      if (has(static_cast<Field>(i)) && slots_[i].at > slot.at) slots_[i].at = static_cast<uint16_t>(slots_[i].at - slot.size);
    slot.at = static_cast<uint16_t>(end_ - slot.size);
  }
  if (!head.empty()) memcpy(bytes_ + end_, head.data(), head.size());
  if (!value.empty()) memcpy(bytes_ + end_ + head.size(), value.data(), value.size());
  slot.size = static_cast<uint16_t>(slot.size + more);
  end_ = static_cast<uint16_t>(end_ + more);
  return true;
}

void Findings::remove(Field field) {
  if (!has(field)) return;
  append(field, {}, {});  // to the end
  end_ = slots_[index(field)].at;
  used_[index(field) / 64] &= ~(uint64_t{1} << index(field) % 64);
}

bool Findings::put(Field field, std::string_view value) {
  const size_t freed = text(field).size();
  const bool outgrows = bytes_ == usual_ && value.size() > usual_bytes - end_ + freed;
  if (value.size() > most_bytes - end_ + freed || (outgrows && !grow())) {
    full_ = true;
    return false;
  }
  remove(field);
  return append(field, {}, value);
}

bool Findings::set(Field field, std::string_view value) {
  // One byte more than is written, so that the writer sees where a character would be split.
  value = value.substr(0, Metadata::max_text + 1);
  return value.empty() || put(field, value);
}

bool Findings::set(Field field, uint64_t value) {
  char bytes[sizeof value];
  memcpy(bytes, &value, sizeof value);
  return put(field, {bytes, sizeof bytes});
}

bool Findings::add(Field field, std::string_view item) {
  item = item.substr(0, Metadata::max_text);
  if (item.empty()) return true;
  std::string_view rest = text(field);
  while (rest.size() > 2) {
    uint16_t size;
    memcpy(&size, rest.data(), sizeof size);
    if (rest.substr(sizeof size, size) == item) return true;
    rest.remove_prefix(sizeof size + size);
  }
  const auto size = static_cast<uint16_t>(item.size());
  char head[sizeof size];
  memcpy(head, &size, sizeof size);
  if (text(field).size() + sizeof head + size > Metadata::max_text) {
    full_ = true;
    return false;
  }
  return append(field, {head, sizeof head}, item);
}

Field Findings::next(size_t from) const {
  for (size_t word = from / 64; word < words; ++word) {
    const uint64_t left = used_[word] & (word == from / 64 ? ~uint64_t{0} << from % 64 : ~uint64_t{0});
    if (left) return static_cast<Field>(word * 64 + static_cast<size_t>(__builtin_ctzll(left)));
  }
  return Field::count_;
}

void Findings::write(Field field, Metadata& metadata) const {
  switch (field_rows[index(field)].type) {
    case FieldType::text: return metadata.add_text(field, text(field));
    case FieldType::number: return metadata.add_number(field, number(field));
    case FieldType::list: return metadata.add_items(field, text(field));
  }
}

void FieldSink::write_before(size_t end) {
  for (Field field = findings_->next(written_); static_cast<size_t>(field) < end;
       field = findings_->next(static_cast<size_t>(field) + 1))
    findings_->write(field, metadata_);
  written_ = std::max(written_, end);
}

}  // namespace dipper
