#pragma once
// Source: what bytes a configuration file may consist of, checked before any YAML is read.
//
// The YAML library believes its input: it takes 0x04 for the end of the text, guesses UTF-16, and
// accepts a quote that is never closed. So the text is checked first: at most kSourceMax bytes of
// UTF-8 without control bytes. Lines are indexed here, because the library counts bytes and
// people count characters.

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "config/problem.hpp"

namespace weir::config {

inline constexpr std::size_t kSourceMax = 4u << 20;  // a file of 10,000 routes has 2 MiB

class Source {
 public:
  /// A byte order mark at the start is dropped. Lifetime: `text` must outlive this object.
  explicit Source(std::string_view text);

  std::string_view text() const noexcept { return text_; }

  /// Reports a text that is too large, not UTF-8, or has control bytes; false if it may not be
  /// read.
  bool check(Problems& problems) const;

  /// Units: line and byte column from 0, as the YAML library counts; clamped to the text.
  std::size_t offset(int line, int column) const noexcept;
  /// Requires: offset <= text().size(). Cost: O(log lines), however long the line is.
  Place place(std::size_t offset) const noexcept;

  /// True unless a quote begins at `offset` that is not closed on its line.
  bool is_closed_quote(std::size_t offset) const noexcept;

  /// The first tab in the indentation of a line, up to and including the line of `before`.
  std::optional<Place> indenting_tab(Place before) const noexcept;

 private:
  std::size_t tails_before(std::size_t offset) const noexcept;

  std::string_view text_;
  std::vector<std::size_t> lines_;  // offset of each line's first byte
  std::vector<std::size_t> tails_;  // UTF-8 continuation bytes before each block of kBlock bytes
};

}  // namespace weir::config
