#pragma once
// top_frame: one picture of `weir top`: header, a line a service and a line an endpoint, and what
// the keys do. Pure: the same view and size give the same lines.

#include <cstddef>
#include <string>
#include <vector>

#include "term/line.hpp"
#include "term/rate_history.hpp"
#include "term/screen.hpp"
#include "term/top_state.hpp"
#include "term/traffic.hpp"

namespace weir::term {

/// Lifetime: what it refers to until top_frame() has returned.
struct TopView {
  const Traffic& traffic;
  const RateHistory& history;
  const TopState& state;
  std::string address;  ///< of the admin listener
  std::string trouble;  ///< why the numbers are old; empty: they are not
};

struct TopFrame {
  std::vector<Line> lines;
  std::size_t offset = 0;  ///< of the state, made to fit
  std::size_t page = 1;    ///< lines of the table that are seen
};

/// At most `size.rows` lines, none wider than `size.columns`. With rows = 0 every line there is,
/// and no line about keys: for a frame that is printed.
TopFrame top_frame(const TopView& view, Size size);

}  // namespace weir::term
