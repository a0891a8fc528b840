// Regular expressions over host names whose time is linear in the name. src/regex compiles a pattern to a program; here it
// is run as it is (transforms, which need what groups matched) or, for rules, many programs become automata that look at
// each character once. Thread: made by one, then read by any.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dipper {

// The numbers of src/regex/program-words.ts: five words a step.
struct RegexStep {
  enum Op : uint32_t { set, split, jump, save, assertion, match };
  enum Assertion : uint32_t { at_start, at_end, at_word, inside_word };
  uint32_t op;
  uint32_t words[4];  // set: a bit for each ASCII character; split: two places, the preferred one first; else one number

  bool contains(char c) const { return words[static_cast<uint8_t>(c) / 32 & 3] >> (c & 31) & 1; }
};

class RegexProgram {
 public:
  static constexpr size_t most_steps = 500;

  // False when the words are no program.
  bool load(const uint32_t* words, size_t size);
  const std::vector<RegexStep>& steps() const { return steps_; }
  bool search(std::string_view name) const;
  // Every match replaced by `replacement` ($1 to $9, $&, $$), as LinearRegex.replace does it. False when there is none, or
  // the result is longer than a name, or it takes too long.
  bool replace(std::string_view name, std::string_view replacement, std::string& result) const;

 private:
  friend class RegexRun;
  std::vector<RegexStep> steps_;
};

class RegexSet {
 public:
  void add(RegexProgram program, uint32_t rule);  // in the order of precedence
  void finish();                                  // after the last add()
  // The first rule (+ 1) whose pattern occurs in `name`, a HostName's text; 0 = none.
  uint32_t find(std::string_view name) const;
  // Rules that have no part in it: there are too many that no automaton can have.
  const std::vector<uint32_t>& left_out() const { return left_out_; }
  size_t bytes() const;

 private:
  struct Expression {
    RegexProgram program;
    uint32_t rule;
  };
  // A state has a row in `next`, and the first rules (none = ~0) that have matched when it is reached, or when the name ends.
  struct Automaton {
    std::vector<uint32_t> next, found, found_at_end;
  };
  class Builder;
  void build(size_t first, size_t last);
  void add_slow(Expression expression);

  std::vector<Expression> expressions_, slow_;  // slow: run one by one
  std::vector<uint32_t> left_out_;
  std::vector<Automaton> automata_;
  size_t states_ = 0;
};

}  // namespace dipper
