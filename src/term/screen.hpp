#pragma once
// Screen: what a live view shows, and the bytes that turn the last picture into the next: only
// lines that differ are written, so a slow line is not flooded and nothing flickers. Pure.

#include <cstddef>
#include <string>
#include <vector>

#include "term/line.hpp"

namespace weir::term {

struct Size {
  std::size_t columns = 80;
  std::size_t rows = 24;

  friend bool operator==(const Size&, const Size&) = default;
};

class Screen {
 public:
  explicit Screen(bool styled) : styled_(styled) {}

  /// What to write so that the terminal shows `lines`, those beyond its rows left out. Everything
  /// is written anew when the size differs from the last one.
  std::string draw(const std::vector<Line>& lines, Size size);
  /// The terminal shows something else by now.
  void forget() { is_known_ = false; }

 private:
  bool styled_;
  bool is_known_ = false;
  Size size_;
  std::vector<std::string> shown_;
};

}  // namespace weir::term
