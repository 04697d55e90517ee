#pragma once
// Character classes of RFC 9110/9112 as tables, and the SSE scans for the end of a name or value.

#include <tmmintrin.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace weir::http {

namespace detail {

constexpr bool is_token_char(unsigned c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '!' ||
         c == '#' || c == '$' || c == '%' || c == '&' || c == '\'' || c == '*' || c == '+' ||
         c == '-' || c == '.' || c == '^' || c == '_' || c == '`' || c == '|' || c == '~';
}

template <class Predicate>
constexpr std::array<bool, 256> make_table(Predicate predicate) noexcept {
  std::array<bool, 256> table{};
  for (unsigned c = 0; c < 256; ++c) table[c] = predicate(c);
  return table;
}

}  // namespace detail

inline constexpr auto kToken = detail::make_table(detail::is_token_char);
/// Letters, digits, '-', '.', '_', '~': what a registered host name may hold.
inline constexpr auto kHostChar = detail::make_table([](unsigned c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
});

inline bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// 0–15, or -1.
constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

inline bool is_token(char c) noexcept { return kToken[static_cast<unsigned char>(c)]; }

namespace detail {

// Token bytes as a 16 x 8 bitmap for pshufb: row = low nibble, bit = high nibble (0 to 7).
struct alignas(16) TokenRows {
  std::uint8_t low[16] = {};
  std::uint8_t high[16] = {};
  constexpr TokenRows() {
    for (unsigned c = 0; c < 128; ++c) {
      if (is_token_char(c)) low[c & 15] = static_cast<std::uint8_t>(low[c & 15] | 1u << (c >> 4));
    }
    for (unsigned h = 0; h < 8; ++h) high[h] = static_cast<std::uint8_t>(1u << h);
  }
};
inline constexpr TokenRows kTokenRows;

}  // namespace detail

/// The first byte at or after `p` that no token may hold, or `end`.
inline const char* find_token_end(const char* p, const char* end) noexcept {
  const __m128i low = _mm_load_si128(reinterpret_cast<const __m128i*>(detail::kTokenRows.low));
  const __m128i high = _mm_load_si128(reinterpret_cast<const __m128i*>(detail::kTokenRows.high));
  const __m128i nibble = _mm_set1_epi8(0x0f);
  while (end - p >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i row = _mm_shuffle_epi8(low, _mm_and_si128(bytes, nibble));
    const __m128i bit = _mm_shuffle_epi8(high, _mm_and_si128(_mm_srli_epi16(bytes, 4), nibble));
    const __m128i no = _mm_cmpeq_epi8(_mm_and_si128(row, bit), _mm_setzero_si128());
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(no));
    if (mask != 0) return p + __builtin_ctz(mask);
    p += 16;
  }
  while (p < end && is_token(*p)) ++p;
  return p;
}

/// The first control byte (below 0x20 but TAB, or DEL) at or after `p`, or `end`.
inline const char* find_control(const char* p, const char* end) noexcept {
  const __m128i last_control = _mm_set1_epi8(0x1f);
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7f);
  while (end - p >= 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i low = _mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control);
    const __m128i control =
        _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), low), _mm_cmpeq_epi8(bytes, del));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(control));
    if (mask != 0) return p + __builtin_ctz(mask);
    p += 16;
  }
  for (; p < end; ++p) {
    const auto c = static_cast<unsigned char>(*p);
    if ((c < 0x20 && c != '\t') || c == 0x7f) return p;
  }
  return end;
}

inline bool is_token(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_token(c)) return false;
  }
  return !text.empty();
}

/// Without the spaces and tabs around it.
inline std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace weir::http
