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

bool Findings::grow(size_t bytes) {
  size_t capacity = capacity_;
  while (capacity < bytes) capacity *= 2;
  capacity = std::min(capacity, most_bytes);
  auto* larger = static_cast<char*>(realloc(bytes_ == usual_ ? nullptr : bytes_, capacity));
  if (!larger) return false;
  if (bytes_ == usual_) memcpy(larger, usual_, end_);
  bytes_ = larger;
  capacity_ = static_cast<uint16_t>(capacity);
  return true;
}

void Findings::shrink() {
  if (bytes_ == usual_) return;
  free(bytes_);
  bytes_ = usual_;
  capacity_ = usual_bytes;
}

Findings::Head* Findings::find(Field field) const {
  char* at = bytes_;
  for (Head* head;; at += sizeof(Head) + head->size()) {
    head = reinterpret_cast<Head*>(at);
    if (head->field == index(field)) return head;
  }
}

std::string_view Findings::text(Field field) const {
  if (!has(field)) return {};
  const Head* head = find(field);
  return {reinterpret_cast<const char*>(head + 1), head->size()};
}

uint64_t Findings::number(Field field) const {
  uint64_t value = 0;
  const std::string_view bytes = text(field);
  if (bytes.size() == sizeof value) memcpy(&value, bytes.data(), sizeof value);
  return value;
}

bool Findings::has_room(size_t bytes) {
  const size_t end = end_ + bytes;
  if (end <= capacity_ || (end <= most_bytes && grow(end))) return true;
  full_ = true;
  return false;
}

// The field's bytes move to the end, if they are not there, and grow. No gaps remain, so that the bound is what is stored.
bool Findings::append(Field field, std::string_view head, std::string_view value) {
  const size_t more = head.size() + value.size();
  if (!has_room(more + (has(field) ? 0 : sizeof(Head)))) return false;
  Head* place;
  if (!has(field)) {
    place = reinterpret_cast<Head*>(bytes_ + end_);
    place->field = static_cast<uint8_t>(index(field));
    place->resize(0);
    end_ = static_cast<uint16_t>(end_ + sizeof(Head));
    used_[index(field) / 64] |= uint64_t{1} << index(field) % 64;
  } else {
    place = find(field);
    char* const from = reinterpret_cast<char*>(place);
    const size_t bytes = sizeof(Head) + place->size();
    std::rotate(from, from + bytes, bytes_ + end_);
    place = reinterpret_cast<Head*>(bytes_ + end_ - bytes);
  }
  if (!head.empty()) memcpy(bytes_ + end_, head.data(), head.size());
  if (!value.empty()) memcpy(bytes_ + end_ + head.size(), value.data(), value.size());
  place->resize(place->size() + more);
  end_ = static_cast<uint16_t>(end_ + more);
  return true;
}

void Findings::remove(Field field) {
  if (!has(field)) return;
  char* const from = reinterpret_cast<char*>(find(field));
  const size_t bytes = sizeof(Head) + text(field).size();
  memmove(from, from + bytes, static_cast<size_t>(bytes_ + end_ - from) - bytes);
  end_ = static_cast<uint16_t>(end_ - bytes);
  used_[index(field) / 64] &= ~(uint64_t{1} << index(field) % 64);
}

bool Findings::put(Field field, std::string_view value) {
  // What is there stays when the new value has no room.
  const size_t before = text(field).size();
  if (value.size() > before && !has_room(value.size() - before + (has(field) ? 0 : sizeof(Head)))) return false;
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

}  // namespace dipper
