#pragma once
// Character classes of RFC 9110/9112 as tables, and the SSE scans for the end of a name or value.

#include <tmmintrin.h>

#include <array>
#include <cstdint>
#include <cstring>
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

// A class of bytes as a 16 x 8 bitmap for pshufb: row = low nibble, bit = high nibble (0 to 7);
// bytes from 0x80 on belong to no class.
struct alignas(16) ClassRows {
  std::uint8_t low[16] = {};
  constexpr explicit ClassRows(const std::array<bool, 256>& table) {
    for (unsigned c = 0; c < 128; ++c) {
      if (table[c]) low[c & 15] = static_cast<std::uint8_t>(low[c & 15] | 1u << (c >> 4));
    }
  }
};
inline constexpr ClassRows kTokenRows{kToken};
inline constexpr ClassRows kHostRows{kHostChar};

// Bit i is set where byte i is not in the class.
inline unsigned outside_class(__m128i bytes, const ClassRows& rows) noexcept {
  const __m128i low = _mm_load_si128(reinterpret_cast<const __m128i*>(rows.low));
  const __m128i high = _mm_setr_epi8(1, 2, 4, 8, 16, 32, 64, -128, 0, 0, 0, 0, 0, 0, 0, 0);
  const __m128i nibble = _mm_set1_epi8(0x0f);
  const __m128i row = _mm_shuffle_epi8(low, _mm_and_si128(bytes, nibble));
  const __m128i bit = _mm_shuffle_epi8(high, _mm_and_si128(_mm_srli_epi16(bytes, 4), nibble));
  const __m128i none = _mm_cmpeq_epi8(_mm_and_si128(row, bit), _mm_setzero_si128());
  return static_cast<unsigned>(_mm_movemask_epi8(none));
}

// Bit i is set where byte i is a control byte but TAB.
inline unsigned controls(__m128i bytes) noexcept {
  const __m128i last = _mm_set1_epi8(0x1f);
  const __m128i low = _mm_cmpeq_epi8(_mm_max_epu8(bytes, last), last);
  const __m128i found =
      _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t')), low),
                   _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
  return static_cast<unsigned>(_mm_movemask_epi8(found));
}

inline __m128i load16(const char* p) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

// The first byte of [p, end) whose bit is set in match(16 bytes), or end. The last block is loaded
// so that it ends at `end`; it may begin before p, but not before `begin`.
template <class Match>
inline const char* scan(const char* begin, const char* p, const char* end, Match match) noexcept {
  while (end - p >= 16) {
    const unsigned mask = match(load16(p));
    if (mask != 0) return p + __builtin_ctz(mask);
    p += 16;
  }
  if (p == end) return end;
  if (end - begin >= 16) {
    const auto skip = static_cast<unsigned>(16 - (end - p));
    const unsigned mask = match(load16(end - 16)) >> skip;
    return mask != 0 ? p + __builtin_ctz(mask) : end;
  }
  char block[16] = {};
  const auto size = static_cast<std::size_t>(end - p);
  std::memcpy(block, p, size);
  const unsigned mask = match(load16(block)) & ((1u << size) - 1);
  return mask != 0 ? p + __builtin_ctz(mask) : end;
}

}  // namespace detail

/// The first byte of [p, end) that no token may hold, or `end`. Requires: begin <= p, all readable.
inline const char* find_token_end(const char* begin, const char* p, const char* end) noexcept {
  return detail::scan(begin, p, end, [](__m128i bytes) {
    return detail::outside_class(bytes, detail::kTokenRows);
  });
}

/// The same for bytes of a host name.
inline const char* find_host_end(const char* begin, const char* p, const char* end) noexcept {
  return detail::scan(
      begin, p, end, [](__m128i bytes) { return detail::outside_class(bytes, detail::kHostRows); });
}

/// The first control byte (below 0x20 but TAB, or DEL) of [p, end), or `end`.
inline const char* find_control(const char* begin, const char* p, const char* end) noexcept {
  return detail::scan(begin, p, end, detail::controls);
}
inline const char* find_control(const char* p, const char* end) noexcept {
  return find_control(p, p, end);
}

inline bool is_token(std::string_view text) noexcept {
  const char* end = text.data() + text.size();
  return !text.empty() && find_token_end(text.data(), text.data(), end) == end;
}

/// Without the spaces and tabs around it.
inline std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace weir::http
