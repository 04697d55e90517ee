#include "http/field_lines.hpp"

#include "http/chars.hpp"

namespace weir::http {
namespace {

struct Line {
  Verdict verdict;  // incomplete: the line has no end yet
  const char* next = nullptr;
};

// field-line = token ":" OWS *( VCHAR / obs-text / SP / HTAB ) OWS CRLF
Line scan_line(const char* base, const char* p, const char* end, std::uint16_t refusal,
               Field& field, bool& te_has_control) noexcept {
  const auto refuse = [&](const char* why, const char* at) {
    return Line{Verdict::refuse(refusal, why, static_cast<std::size_t>(at - base))};
  };
  const char* name = p;
  if (*p == ' ' || *p == '\t') return refuse("a field line starts with a space (obsolete fold)", p);
  p = find_token_end(p, end);
  if (p == end) return {};
  if (*p != ':') {
    if (*p == ' ' || *p == '\t') return refuse("space in or after a field name", p);
    return refuse("a byte that no field name may hold, or no colon", p);
  }
  if (p == name) return refuse("an empty field name", p);
  const auto name_size = static_cast<std::size_t>(p - name);
  field.id = classify({name, name_size});
  ++p;
  while (p < end && (*p == ' ' || *p == '\t')) ++p;
  const char* value = p;
  for (;;) {
    p = find_control(p, end);
    if (p == end) return {};
    if (*p == '\r') break;
    if (*p == '\n') return refuse("a line that ends in LF alone", p);
    if (*p == '\0' || field.id != FieldId::transfer_encoding) {
      return refuse("a control byte in a field value", p);
    }
    te_has_control = true;  // answered with 501 like any other unknown coding
    ++p;
  }
  if (end - p < 2) return {};
  if (p[1] != '\n') return refuse("CR without LF", p);
  const char* value_end = p;
  while (value_end > value && (value_end[-1] == ' ' || value_end[-1] == '\t')) --value_end;
  field.name_at = static_cast<std::uint32_t>(name - base);
  field.name_size = static_cast<std::uint16_t>(name_size);
  field.value_at = static_cast<std::uint32_t>(value - base);
  field.value_size = static_cast<std::uint32_t>(value_end - value);
  field.dropped = false;
  return {Verdict::complete(), p + 2};
}

}  // namespace

FieldScan scan_fields(std::string_view text, std::size_t start, const HeadLimits& limits,
                      std::uint16_t refusal, FieldList& out) noexcept {
  const std::uint16_t too_large = refusal == 400 ? 431 : refusal;
  const char* base = text.data();
  // Lines beyond the limit are not looked at, so that any delivery gives the same answer.
  const bool cut = text.size() > limits.head_max;
  const char* end = base + (cut ? limits.head_max : text.size());
  const char* p = base + start;
  FieldScan scan;
  out.base = base;
  out.count = 0;
  out.has_forwarding = false;
  const auto rest_missing = [&] {
    scan.verdict = cut ? Verdict::refuse(too_large, "the head is too large", limits.head_max)
                       : Verdict::incomplete();
    return scan;
  };
  for (;;) {
    if (p >= end) return rest_missing();
    if (*p == '\r') {
      if (end - p < 2) return rest_missing();
      if (p[1] != '\n') {
        scan.verdict =
            Verdict::refuse(refusal, "CR without LF", static_cast<std::size_t>(p - base));
        return scan;
      }
      scan.bytes = static_cast<std::uint32_t>(p + 2 - base);
      scan.verdict = Verdict::complete();
      return scan;
    }
    Field field;
    const Line line = scan_line(base, p, end, refusal, field, scan.te_has_control);
    if (line.verdict.is_refused()) {
      scan.verdict = line.verdict;
      return scan;
    }
    if (!line.verdict.is_complete()) return rest_missing();
    if (out.count >= limits.fields_max || out.count >= kFieldsMax) {
      scan.verdict =
          Verdict::refuse(too_large, "too many fields", static_cast<std::size_t>(p - base));
      return scan;
    }
    if (is_forwarding(field.id)) out.has_forwarding = true;
    out.lines[out.count++] = field;
    p = line.next;
  }
}

bool parse_content_length(std::string_view value, std::uint64_t& out) noexcept {
  if (value.empty()) return false;
  std::uint64_t total = 0;
  for (const char c : value) {
    if (!is_digit(c)) return false;
    if (total > (UINT64_C(1) << 63) / 10 - 1) return false;
    total = total * 10 + static_cast<std::uint64_t>(c - '0');
  }
  out = total;
  return true;
}

}  // namespace weir::http
