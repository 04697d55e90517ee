#include "telemetry/request_id.hpp"

#include <sys/random.h>

#include <bit>
#include <cerrno>
#include <cstring>

#include "base/assert.hpp"

namespace weir::telemetry {
namespace {

// Spreads the 8 nibbles of `half` over the 8 bytes of a word, the highest nibble in the lowest
// byte, then turns each into its digit: eight digits at a time instead of a table look-up each.
std::uint64_t eight_digits(std::uint32_t half) noexcept {
  std::uint64_t x = half;
  x = ((x & 0x00000000ffff0000ull) >> 16) | ((x & 0x000000000000ffffull) << 32);
  x = ((x & 0x0000ff000000ff00ull) >> 8) | ((x & 0x000000ff000000ffull) << 16);
  x = ((x & 0x00f000f000f000f0ull) >> 4) | ((x & 0x000f000f000f000full) << 8);
  const std::uint64_t above_nine = ((x + 0x0606060606060606ull) >> 4) & 0x0101010101010101ull;
  return x + 0x3030303030303030ull + above_nine * ('a' - '9' - 1);
}

void write_eight(std::uint32_t half, char* out) noexcept {
  static_assert(std::endian::native == std::endian::little);
  const std::uint64_t digits = eight_digits(half);
  std::memcpy(out, &digits, 8);
}

}  // namespace

std::uint64_t seed_from_kernel() noexcept {
  std::uint64_t seed = 0;
  ssize_t n = 0;
  do {
    n = ::getrandom(&seed, sizeof seed, 0);
  } while (n < 0 && errno == EINTR);
  WEIR_ASSERT(n == static_cast<ssize_t>(sizeof seed));
  return seed;
}

void write_hex(std::uint64_t value, char* out) noexcept {
  write_eight(static_cast<std::uint32_t>(value >> 32), out);
  write_eight(static_cast<std::uint32_t>(value), out + 8);
}

void RequestIds::next(std::int64_t wall_ms, RequestId& out) noexcept {
  const std::uint64_t a = rng_.next();
  const std::uint64_t b = rng_.next();
  const std::uint64_t high = (static_cast<std::uint64_t>(wall_ms) << 16) | 0x7000u | (a & 0x0fffu);
  const std::uint64_t low = (b >> 2) | 0x8000'0000'0000'0000ull;
  char* const text = out.data();
  // Pieces are written whole, lowest first; each dash then covers what reached too far.
  char piece[16];
  write_eight(static_cast<std::uint32_t>(high >> 32), text);
  write_eight(static_cast<std::uint32_t>(high), piece);
  text[8] = '-';
  std::memcpy(text + 9, piece, 4);
  text[13] = '-';
  std::memcpy(text + 14, piece + 4, 4);
  write_hex(low, piece);
  text[18] = '-';
  std::memcpy(text + 19, piece, 4);
  text[23] = '-';
  std::memcpy(text + 24, piece + 4, 12);
}

}  // namespace weir::telemetry
