#include "store/row_text.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/utf8.hpp"

namespace weir::store {
namespace {

// At most `bytes_max`, without a character's first bytes alone at the end.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

std::string clean_text(std::string_view text, std::size_t bytes_max) {
  std::string out = base::printable_utf8(cut(text, bytes_max));
  out.resize(cut(out, bytes_max).size());  // a repaired byte is three
  return out;
}

base::Result<void> check_name(std::string_view what, std::string_view name, std::size_t bytes_max) {
  const auto refuse = [&](std::string_view why) {
    return base::fail(base::Errc::invalid_argument, fmt::format("{} {}", what, why));
  };
  if (name.empty()) return refuse("is empty");
  if (name.size() > bytes_max) {
    return refuse(fmt::format("has {} bytes, more than {}", name.size(), bytes_max));
  }
  if (name.front() == ' ' || name.back() == ' ') return refuse("begins or ends with a space");
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return refuse("contains a control character");
    }
  }
  if (!base::is_utf8(name)) return refuse("is not UTF-8");
  return {};
}

base::Result<void> check_document(std::string_view what, std::string_view json) {
  if (json.size() > kDocumentBytesMax) {
    return base::fail(
        base::Errc::invalid_argument,
        fmt::format("{} has {} bytes, more than {}", what, json.size(), kDocumentBytesMax));
  }
  const auto parsed = base::parse_json(json);
  if (!parsed) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("{} is {}", what, parsed.error().detail()));
  }
  return {};
}

std::string like_pattern(std::string_view text) {
  std::string out = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out += '%';
}

}  // namespace weir::store
