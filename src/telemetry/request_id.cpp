#include "telemetry/request_id.hpp"

#include <sys/random.h>
#ifdef __SSSE3__
#include <tmmintrin.h>
#endif

#include <cerrno>
#include <cstring>

#include "base/assert.hpp"

namespace weir::telemetry {
namespace {

// Sixteen bytes become 32 digits at once where the machine can look up 16 bytes of a table in one
// instruction (SSSE3, part of the x86-64-v2 every build of ours needs); elsewhere one by one.
#ifdef __SSSE3__

void write_digits(std::uint64_t high, std::uint64_t low, char* out) noexcept {
  const __m128i bytes = _mm_set_epi64x(static_cast<long long>(__builtin_bswap64(low)),
                                       static_cast<long long>(__builtin_bswap64(high)));
  const __m128i nibble = _mm_set1_epi8(0x0f);
  const __m128i upper = _mm_and_si128(_mm_srli_epi16(bytes, 4), nibble);
  const __m128i lower = _mm_and_si128(bytes, nibble);
  const __m128i digits =
      _mm_setr_epi8('0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f');
  const __m128i first = _mm_shuffle_epi8(digits, _mm_unpacklo_epi8(upper, lower));
  const __m128i second = _mm_shuffle_epi8(digits, _mm_unpackhi_epi8(upper, lower));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), first);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 16), second);
}

#else

void write_digits(std::uint64_t high, std::uint64_t low, char* out) noexcept {
  for (int i = 0; i < 16; ++i) {
    out[i] = "0123456789abcdef"[(high >> (60 - 4 * i)) & 15];
    out[16 + i] = "0123456789abcdef"[(low >> (60 - 4 * i)) & 15];
  }
}

#endif

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
  char both[32];
  write_digits(value, 0, both);
  std::memcpy(out, both, 16);
}

void RequestIds::next(std::int64_t wall_ms, RequestId& out) noexcept {
  const std::uint64_t a = rng_.next();
  const std::uint64_t b = rng_.next();
  const std::uint64_t high = (static_cast<std::uint64_t>(wall_ms) << 16) | 0x7000u | (a & 0x0fffu);
  const std::uint64_t low = (b >> 2) | 0x8000'0000'0000'0000ull;
  char digits[32];
  write_digits(high, low, digits);
  char* const text = out.data();
  std::memcpy(text, digits, 8);
  text[8] = '-';
  std::memcpy(text + 9, digits + 8, 4);
  text[13] = '-';
  std::memcpy(text + 14, digits + 12, 4);
  text[18] = '-';
  std::memcpy(text + 19, digits + 16, 4);
  text[23] = '-';
  std::memcpy(text + 24, digits + 20, 12);
}

}  // namespace weir::telemetry
