// Rules that are regular expressions, as deterministic automata over the 39 characters of names. Several expressions share
// one as long as it stays small: a group that grows beyond its bound is cut in two, and one that is too large alone is run
// step by step instead. So the time for a name is bounded whatever the patterns are.
#include <algorithm>
#include <map>

#include "applications_names.h"
#include "applications_regex.h"

namespace dipper {
namespace {

constexpr size_t most_states = 512, most_states_together = 16384;  // of 164 bytes: 2.7 MB
// Steps of the expressions that are put together: bounds the time of the construction to some 40 ms for each group.
constexpr size_t most_steps_together = 2048;
constexpr size_t most_slow = 64;  // each costs a name that no other rule knows some microseconds
constexpr uint32_t none = ~uint32_t{0};
constexpr char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
static_assert(sizeof alphabet == name_characters + 1);

// What depends on both neighbours of a place has no part in an automaton.
bool is_plain(const RegexProgram& program) {
  return std::none_of(program.steps().begin(), program.steps().end(), [](const RegexStep& step) {
    return step.op == RegexStep::assertion && step.words[0] > RegexStep::at_end;
  });
}

}  // namespace

// The construction by subsets. A place is that of a step among the steps of all expressions of the group, one behind another.
class RegexSet::Builder {
 public:
  Builder(const Expression* expressions, size_t count) {
    for (size_t i = 0; i < count; ++i) {
      starts_.push_back(static_cast<uint32_t>(steps_.size()));
      for (const RegexStep& step : expressions[i].program.steps()) {
        steps_.push_back(&step);
        owners_.push_back({starts_.back(), expressions[i].rule});
      }
    }
    marks_.resize(steps_.size());
  }

  // False when it has too many states.
  bool run(size_t bound) {
    state_of({}, true);
    for (size_t state = 0; state < places_.size(); ++state) {
      if (places_.size() > bound) return false;
      expand(state);
    }
    return places_.size() <= bound;
  }
  Automaton take() { return std::move(automaton_); }

 private:
  using Places = std::vector<uint32_t>;

  uint32_t state_of(Places places, bool first = false) {
    const auto [known, added] =
        numbers_.try_emplace(std::make_pair(first, places), static_cast<uint32_t>(places_.size()));
    if (added) places_.push_back(std::move(places));
    return known->second;
  }

  // What `places`, and the start of every expression, reach without a character. Returns the first rule that matches.
  uint32_t reach(const Places& places, bool at_start, bool at_end, Places& reached) {
    std::fill(marks_.begin(), marks_.end(), 0);
    reached.clear();
    uint32_t found = none;
    Places stack(starts_);
    stack.insert(stack.end(), places.begin(), places.end());
    while (!stack.empty()) {
      const uint32_t place = stack.back();
      stack.pop_back();
      if (marks_[place]) continue;
      marks_[place] = 1;
      const RegexStep& step = *steps_[place];
      const Owner owner = owners_[place];
      switch (step.op) {
        case RegexStep::split:
          stack.push_back(owner.start + step.words[0]);
          stack.push_back(owner.start + step.words[1]);
          break;
        case RegexStep::jump:
          stack.push_back(owner.start + step.words[0]);
          break;
        case RegexStep::save:
          stack.push_back(place + 1);
          break;
        case RegexStep::assertion:
          if (step.words[0] == RegexStep::at_start ? at_start : at_end) stack.push_back(place + 1);
          break;
        case RegexStep::match:
          found = std::min(found, owner.rule);
          break;
        default:
          reached.push_back(place);
      }
    }
    return found;
  }

  void expand(size_t state) {
    const Places places = places_[state];
    const bool at_start = state == 0;
    Places reached;
    automaton_.found_at_end.push_back(reach(places, at_start, true, reached));
    automaton_.found.push_back(reach(places, at_start, false, reached));
    for (unsigned c = 0; c < name_characters; ++c) {
      Places next;
      for (const uint32_t place : reached)
        if (steps_[place]->contains(alphabet[c])) next.push_back(place + 1);
      std::sort(next.begin(), next.end());
      automaton_.next.push_back(state_of(std::move(next)));
    }
  }

  struct Owner {
    uint32_t start, rule;
  };
  std::vector<const RegexStep*> steps_;
  std::vector<Owner> owners_;
  Places starts_;
  std::vector<uint8_t> marks_;
  std::map<std::pair<bool, Places>, uint32_t> numbers_;
  std::vector<Places> places_;
  Automaton automaton_;
};

void RegexSet::add(RegexProgram program, uint32_t rule) {
  if (is_plain(program))
    expressions_.push_back({std::move(program), rule});
  else
    add_slow({std::move(program), rule});
}

void RegexSet::add_slow(Expression expression) {
  if (slow_.size() < most_slow)
    slow_.push_back(std::move(expression));
  else
    left_out_.push_back(expression.rule);
}

void RegexSet::build(size_t first, size_t last) {
  Builder builder(expressions_.data() + first, last - first);
  if (builder.run(std::min(most_states, most_states_together - states_))) {
    automata_.push_back(builder.take());
    states_ += automata_.back().found.size();
  } else if (last - first == 1) {
    add_slow(std::move(expressions_[first]));
  } else {
    const size_t middle = first + (last - first) / 2;
    build(first, middle);
    build(middle, last);
  }
}

void RegexSet::finish() {
  for (size_t first = 0, last = 0; first < expressions_.size(); first = last) {
    size_t steps = 0;
    while (last < expressions_.size() && (last == first || steps < most_steps_together))
      steps += expressions_[last++].program.steps().size();
    build(first, last);
  }
  std::vector<Expression>().swap(expressions_);
  std::sort(slow_.begin(), slow_.end(), [](const Expression& a, const Expression& b) { return a.rule < b.rule; });
}

uint32_t RegexSet::find(std::string_view name) const {
  uint32_t best = none;
  for (const Automaton& automaton : automata_) {
    uint32_t state = 0;
    best = std::min(best, automaton.found[0]);
    for (const char c : name) {
      state = automaton.next[state * name_characters + name_character(c)];
      best = std::min(best, automaton.found[state]);
    }
    best = std::min(best, automaton.found_at_end[state]);
  }
  for (const Expression& expression : slow_) {
    if (expression.rule >= best) break;
    if (expression.program.search(name)) best = expression.rule;
  }
  return best == none ? 0 : best + 1;
}

size_t RegexSet::bytes() const {
  size_t sum = 0;
  for (const Automaton& one : automata_)
    sum += (one.next.capacity() + one.found.capacity() + one.found_at_end.capacity()) * sizeof(uint32_t);
  for (const Expression& one : slow_) sum += one.program.steps().capacity() * sizeof(RegexStep);
  return sum;
}

}  // namespace dipper
