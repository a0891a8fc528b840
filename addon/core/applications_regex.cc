// R. Cox, "Regular Expression Matching: the Virtual Machine Approach", 2009; the same steps in the same order as LinearRegex
// in src/regex, so that both give the same result.
#include "applications_regex.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace dipper {
namespace {

constexpr uint32_t longest_run = 1000000;  // steps for one name
constexpr size_t longest_result = 253;

bool is_word(std::string_view text, size_t at) {
  if (at >= text.size()) return false;
  const char c = text[at];
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool holds(uint32_t assertion, std::string_view text, size_t at) {
  if (assertion == RegexStep::at_start) return at == 0;
  if (assertion == RegexStep::at_end) return at == text.size();
  const bool boundary = is_word(text, at - 1) != is_word(text, at);  // at 0 wraps to what is no word
  return boundary == (assertion == RegexStep::at_word);
}

}  // namespace

bool RegexProgram::load(const uint32_t* words, size_t size) {
  if (size == 0 || size % 5 || size / 5 > most_steps) return false;
  const auto count = static_cast<uint32_t>(size / 5);
  steps_.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    RegexStep& step = steps_[i];
    memcpy(&step, words + size_t{5} * i, sizeof step);
    const bool goes_on = step.op == RegexStep::set || step.op == RegexStep::save || step.op == RegexStep::assertion;
    if (step.op > RegexStep::match || (goes_on && i + 1 == count)) return false;
    if (step.op == RegexStep::split && (step.words[0] >= count || step.words[1] >= count)) return false;
    if (step.op == RegexStep::jump && step.words[0] >= count) return false;
    if (step.op == RegexStep::assertion && step.words[0] > RegexStep::inside_word) return false;
  }
  return true;
}

// One program over one text. A thread is a place in the program and where the groups began and ended on its way there.
class RegexRun {
 public:
  RegexRun(const RegexProgram& program, std::string_view text) : program_(program), text_(text) {}
  using Slots = std::array<int16_t, 20>;  // of the match and of nine groups; -1 = not there

  uint32_t steps() const { return steps_; }

  // The leftmost match that begins at `from` or later; of those, the preferred one.
  bool match(size_t from, Slots& slots) {
    bool found = false;
    threads_.clear();
    for (size_t at = from; at <= text_.size() && steps_ <= longest_run; ++at) {
      std::fill(marks_.begin(), marks_.end(), 0);
      ready_.clear();
      for (const Thread& thread : threads_) follow(thread, at);
      if (!found) follow(Thread{}, at);
      threads_.clear();
      for (const Thread& thread : ready_) {
        const RegexStep& step = program_.steps()[thread.at];
        if (step.op == RegexStep::match) {
          slots = thread.slots;
          found = true;
          break;  // the threads behind it have less right
        }
        if (at < text_.size() && step.contains(text_[at])) threads_.push_back({thread.at + 1, thread.slots});
      }
      if (threads_.empty() && found) break;
    }
    return found;
  }

 private:
  struct Thread {
    uint32_t at = 0;
    Slots slots = none();
    static Slots none() {
      Slots slots;
      slots.fill(-1);
      return slots;
    }
  };

  void follow(const Thread& thread, size_t position) {
    stack_.assign(1, thread);
    while (!stack_.empty()) {
      Thread next = stack_.back();
      stack_.pop_back();
      ++steps_;
      if (marks_[next.at]) continue;
      marks_[next.at] = 1;
      const RegexStep& step = program_.steps()[next.at];
      switch (step.op) {
        case RegexStep::jump:
          stack_.push_back({step.words[0], next.slots});
          break;
        case RegexStep::split:
          stack_.push_back({step.words[1], next.slots});
          stack_.push_back({step.words[0], next.slots});
          break;
        case RegexStep::save:
          if (step.words[0] < next.slots.size()) next.slots[step.words[0]] = static_cast<int16_t>(position);
          stack_.push_back({next.at + 1, next.slots});
          break;
        case RegexStep::assertion:
          if (holds(step.words[0], text_, position)) stack_.push_back({next.at + 1, next.slots});
          break;
        default:
          ready_.push_back(next);
      }
    }
  }

  const RegexProgram& program_;
  const std::string_view text_;
  uint32_t steps_ = 0;
  std::vector<uint8_t> marks_ = std::vector<uint8_t>(program_.steps().size());
  std::vector<Thread> threads_, ready_, stack_;
};

bool RegexProgram::search(std::string_view name) const {
  RegexRun::Slots slots;
  return RegexRun(*this, name).match(0, slots);
}

bool RegexProgram::replace(std::string_view name, std::string_view replacement, std::string& result) const {
  RegexRun run(*this, name);
  RegexRun::Slots slots;
  const auto group = [&](size_t number) {
    const int start = slots[2 * number], end = slots[2 * number + 1];
    return start < 0 || end < start ? std::string_view()
                                    : name.substr(static_cast<size_t>(start), static_cast<size_t>(end - start));
  };
  const auto fill = [&] {
    for (size_t i = 0; i < replacement.size(); ++i) {
      const char next = i + 1 < replacement.size() ? replacement[i + 1] : '\0';
      if (replacement[i] != '$' || !(next == '$' || next == '&' || (next >= '1' && next <= '9'))) {
        result += replacement[i];
        continue;
      }
      ++i;
      if (next == '$')
        result += '$';
      else
        result += group(next == '&' ? 0 : static_cast<size_t>(next - '0'));
    }
  };
  result.clear();
  bool changed = false;
  size_t from = 0;
  for (size_t at = 0; at <= name.size() && result.size() <= longest_result;) {
    if (!run.match(at, slots)) break;
    const auto start = static_cast<size_t>(slots[0]), end = static_cast<size_t>(slots[1]);
    changed = true;
    result += name.substr(from, start - from);
    fill();
    from = end;
    at = end > start ? end : end + 1;
    if (end == start && end < name.size()) {
      result += name[end];
      from = end + 1;
    }
  }
  if (!changed || run.steps() > longest_run) return false;
  if (from < name.size()) result += name.substr(from);
  return result.size() <= longest_result;
}

}  // namespace dipper
