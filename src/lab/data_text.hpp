#pragma once
// DataText: a JSON array of any wanted length in bytes, given piece by piece, so that a large
// answer needs no memory of its size. Pure.
//
//   text  = "[" LF *( row "," LF ) row 2*" " LF "]"  /  "[" *" " "]"
//   row   = {"id":10000001,"value":"w00000000010000001"}      each of the same length
// The second form is for lengths below one row's room.

#include <cstddef>
#include <cstdint>
#include <span>

namespace weir::lab {

class DataText {
 public:
  /// Lengths 0 and 1 give the beginning of "[]".
  explicit DataText(std::size_t size) noexcept;

  std::size_t size() const noexcept { return size_; }
  /// Fills `out` with the bytes from `offset` on. Requires: offset + out.size() <= size().
  void read(std::size_t offset, std::span<char> out) const noexcept;

 private:
  std::size_t size_;
  std::size_t rows_;
};

}  // namespace weir::lab
