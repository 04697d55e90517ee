#pragma once
// TopState: what the keys of `weir top` have chosen, and what each key does to it. Pure.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "term/keys.hpp"

namespace weir::term {

enum class TopSort : std::uint8_t { configured, rate, latency, errors };

/// "as configured", "req/s", "p99", "errors".
std::string_view name(TopSort sort) noexcept;

struct TopState {
  TopSort sort = TopSort::configured;
  bool shows_endpoints = true;
  bool is_paused = false;
  bool is_filtering = false;  ///< keys go into the filter
  std::string filter;
  std::size_t offset = 0;  ///< lines scrolled away; top_frame() says what is too much
  bool is_over = false;
};

/// `page` is how many lines of the table are seen.
TopState press(TopState state, const KeyPress& press, std::size_t page);

/// `name` holds what the filter says, whatever the case of its ASCII letters.
bool passes(const TopState& state, std::string_view name);

}  // namespace weir::term
