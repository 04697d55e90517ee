#pragma once
// Field lines: the shared part of request and response heads. Strict RFC 9112, 5: no fold, no bare
// CR or LF, no space before the colon, no control byte but TAB in a value.

#include <string_view>

#include "http/head.hpp"

namespace weir::http {

struct FieldScan {
  Verdict verdict;
  std::uint32_t bytes = 0;      ///< complete: bytes up to and with the empty line
  bool te_has_control = false;  ///< a Transfer-Encoding value holds a control byte
};

/// Reads lines of `text` from offset `start` up to the empty line into `out` (base is text.data()).
/// Only whole lines are judged. `refusal` is the status for syntax errors (400 or 502).
FieldScan scan_fields(std::string_view text, std::size_t start, const HeadLimits& limits,
                      std::uint16_t refusal, FieldList& out) noexcept;

/// A strict decimal field value: digits only, under 10^18. `text` gets it without leading zeros.
bool parse_content_length(std::string_view value, std::uint64_t& out,
                          std::string_view& text) noexcept;

/// Calls `each(member)` for every comma-separated member, trimmed; empty members included.
template <class Each>
void for_each_member(std::string_view list, Each each) {
  for (;;) {
    const std::size_t comma = list.find(',');
    std::string_view member = list.substr(0, comma);
    while (!member.empty() && (member.front() == ' ' || member.front() == '\t')) {
      member.remove_prefix(1);
    }
    while (!member.empty() && (member.back() == ' ' || member.back() == '\t')) {
      member.remove_suffix(1);
    }
    each(member);
    if (comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

}  // namespace weir::http
