#include "term/top_state.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "term/text_width.hpp"

namespace weir::term {
namespace {

constexpr std::size_t kFilterMax = 64;  // bytes
constexpr std::size_t kOffsetMax = 1'000'000;

void type_into_filter(TopState& state, const KeyPress& press) {
  if (press.key == Key::enter) state.is_filtering = false;
  if (press.key == Key::escape) {
    state.is_filtering = false;
    state.filter.clear();
  }
  if (press.key == Key::backspace) {
    while (!state.filter.empty()) {
      const bool is_first = (static_cast<unsigned char>(state.filter.back()) & 0xc0) != 0x80;
      state.filter.pop_back();
      if (is_first) break;
    }
  }
  const bool fits = state.filter.size() + press.text.size() <= kFilterMax;
  if (press.key == Key::character && fits) state.filter += clean(press.text);
  state.offset = 0;
}

void scroll(TopState& state, std::ptrdiff_t lines) {
  const auto now = static_cast<std::ptrdiff_t>(state.offset);
  state.offset = static_cast<std::size_t>(
      std::clamp<std::ptrdiff_t>(now + lines, 0, static_cast<std::ptrdiff_t>(kOffsetMax)));
}

void type_command(TopState& state, std::string_view text) {
  if (text == "q") state.is_over = true;
  if (text == "e") state.shows_endpoints = !state.shows_endpoints;
  if (text == "p") state.is_paused = !state.is_paused;
  if (text == "/") state.is_filtering = true;
  if (text == "j") scroll(state, 1);
  if (text == "k") scroll(state, -1);
  if (text == "g") state.offset = 0;
  if (text == "G") state.offset = kOffsetMax;
  if (text == "s") {
    constexpr unsigned kSorts = 4;
    state.sort = static_cast<TopSort>((static_cast<unsigned>(state.sort) + 1) % kSorts);
  }
}

}  // namespace

std::string_view name(TopSort sort) noexcept {
  switch (sort) {
    case TopSort::rate:
      return "req/s";
    case TopSort::latency:
      return "p99";
    case TopSort::errors:
      return "errors";
    case TopSort::configured:
      break;
  }
  return "as configured";
}

TopState press(TopState state, const KeyPress& press, std::size_t page) {
  const auto lines = static_cast<std::ptrdiff_t>(std::max<std::size_t>(page, 1));
  switch (press.key) {
    case Key::up:
      scroll(state, -1);
      return state;
    case Key::down:
      scroll(state, 1);
      return state;
    case Key::page_up:
      scroll(state, -lines);
      return state;
    case Key::page_down:
      scroll(state, lines);
      return state;
    case Key::home:
      state.offset = 0;
      return state;
    case Key::end:
      state.offset = kOffsetMax;
      return state;
    default:
      break;
  }
  if (state.is_filtering) {
    type_into_filter(state, press);
  } else if (press.key == Key::character) {
    type_command(state, press.text);
  } else if (press.key == Key::escape) {
    state.filter.clear();
    state.offset = 0;
  }
  return state;
}

bool passes(const TopState& state, std::string_view name) {
  if (state.filter.empty()) return true;
  const auto same = [](char a, char b) { return base::ascii_lower(a) == base::ascii_lower(b); };
  return !std::ranges::search(name, state.filter, same).empty();
}

}  // namespace weir::term
