#include "http/field_lines.hpp"

#include <algorithm>
#include <cstring>

#include "http/chars.hpp"

namespace weir::http {
namespace {

// Why a name ended where it did.
[[gnu::cold, gnu::noinline]] Verdict refuse_name(const char* base, const char* name, const char* p,
                                                 std::uint16_t refusal) noexcept {
  const auto at = static_cast<std::size_t>(p - base);
  const bool space = *p == ' ' || *p == '\t';
  if (p == name && space) {
    return Verdict::refuse(refusal, "a field line starts with a space (obsolete fold)", at);
  }
  if (space) return Verdict::refuse(refusal, "space in or after a field name", at);
  if (*p == ':') return Verdict::refuse(refusal, "an empty field name", at);
  return Verdict::refuse(refusal, "a byte that no field name may hold, or no colon", at);
}

bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

// Why a value ended where it did: at a control byte that is not the CR of its line's end.
[[gnu::cold, gnu::noinline]] Verdict refuse_value(const char* base, const char* p,
                                                  std::uint16_t refusal) noexcept {
  const auto at = static_cast<std::size_t>(p - base);
  if (*p == '\n') return Verdict::refuse(refusal, "a line that ends in LF alone", at);
  if (*p == '\r') return Verdict::refuse(refusal, "CR without LF", at);
  return Verdict::refuse(refusal, "a control byte in a field value", at);
}

// Only whole lines are judged, so that a verdict never depends on how the bytes were cut.
[[gnu::cold, gnu::noinline]] bool is_whole(const char* line, const char* end) noexcept {
  return std::memchr(line, '\n', static_cast<std::size_t>(end - line)) != nullptr;
}

inline void store(Field& field, const char* base, std::string_view name, std::string_view value,
                  FieldId id) noexcept {
  field.name_at = static_cast<std::uint32_t>(name.data() - base);
  field.value_at = static_cast<std::uint32_t>(value.data() - base);
  field.value_size = static_cast<std::uint32_t>(value.size());
  field.name_size = static_cast<std::uint16_t>(name.size());
  field.id = id;
  field.dropped = false;
}

}  // namespace

// One pass: field-line = token ":" OWS *( VCHAR / obs-text / SP / HTAB ) OWS CRLF, then CRLF.
// Flattened: the look-up of each name belongs in the loop (60 instructions a request).
[[gnu::flatten]] FieldScan scan_fields(std::string_view text, std::size_t start,
                                       const HeadLimits& limits, std::uint16_t refusal,
                                       FieldList& out) noexcept {
  // Bytes beyond the limit are not looked at, so that any delivery gives the same answer.
  const bool cut = text.size() > limits.head_max;
  const char* const base = text.data();
  const char* const end = base + (cut ? limits.head_max : text.size());
  const std::uint32_t fields_max = std::min<std::uint32_t>(limits.fields_max, kFieldsMax);
  const std::uint16_t too_large = refusal == 400 ? 431 : refusal;
  const char* p = base + start;
  std::uint32_t count = 0;
  bool forwarding = false;
  FieldScan scan;
  out.base = base;
  while (end - p >= 2) {
    if (*p == '\r') {
      scan.verdict = p[1] == '\n' ? Verdict::complete() : refuse_value(base, p, refusal);
      scan.bytes = static_cast<std::uint32_t>(p + 2 - base);
      out.count = count;
      out.has_forwarding = forwarding;
      return scan;
    }
    const char* const name = p;
    p = find_token_end(base, p, end);
    if (p == end) break;
    const std::string_view name_text(name, static_cast<std::size_t>(p - name));
    if (*p != ':' || name_text.empty()) [[unlikely]] {
      if (!is_whole(name, end)) break;
      scan.verdict = refuse_name(base, name, p, refusal);
      return scan;
    }
    const FieldId id = classify(name_text, end);
    ++p;
    if (p < end && *p == ' ') ++p;  // nearly always exactly one
    while (p < end && is_blank(*p)) [[unlikely]]
      ++p;
    const char* const value = p;
    p = find_control(base, p, end);
    if (id == FieldId::transfer_encoding) [[unlikely]] {
      while (p < end && *p != '\r' && *p != '\n' && *p != '\0') {
        scan.te_has_control = true;  // answered with 501 like any other unknown coding
        p = find_control(base, p + 1, end);
      }
    }
    if (end - p < 2 && (p == end || *p == '\r')) break;
    if (*p != '\r' || p[1] != '\n') [[unlikely]] {
      if (!is_whole(name, end)) break;
      scan.verdict = refuse_value(base, p, refusal);
      return scan;
    }
    if (count == fields_max) [[unlikely]] {
      scan.verdict =
          Verdict::refuse(too_large, "too many fields", static_cast<std::size_t>(name - base));
      return scan;
    }
    const char* value_end = p;
    while (value_end > value && is_blank(value_end[-1])) --value_end;
    store(out.lines[count++], base, name_text, {value, static_cast<std::size_t>(value_end - value)},
          id);
    forwarding = forwarding || is_forwarding(id);
    p += 2;
  }
  // The line that p is in has no end yet.
  out.count = count;
  scan.verdict = cut ? Verdict::refuse(too_large, "the head is too large", limits.head_max)
                     : Verdict::incomplete();
  return scan;
}

bool parse_content_length(std::string_view value, std::uint64_t& out,
                          std::string_view& text) noexcept {
  if (value.empty()) return false;
  while (value.size() > 1 && value.front() == '0') value.remove_prefix(1);
  if (value.size() > 18) return false;  // 10^18 is under 2^62: no overflow below
  std::uint64_t total = 0;
  for (const char c : value) {
    if (!is_digit(c)) return false;
    total = total * 10 + static_cast<std::uint64_t>(c - '0');
  }
  out = total;
  text = value;
  return true;
}

}  // namespace weir::http
