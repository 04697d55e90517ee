#include "http/target.hpp"

#include <arpa/inet.h>

#include <cstring>

#include "http/chars.hpp"

namespace weir::http {
namespace {

// Bytes that need a closer look: '%', '\\' and '.', and '/' followed by '/'.
constexpr auto kPlainPath = detail::make_table([](unsigned c) {
  return c > 0x20 && c < 0x7f && c != '%' && c != '\\' && c != '.' && c != '/' && c != '#';
});
constexpr auto kTargetText =
    detail::make_table([](unsigned c) { return c > 0x20 && c < 0x7f && c != '#'; });

int escaped_byte(std::string_view text, std::size_t i) noexcept {
  if (i + 2 >= text.size() || text[i] != '%') return -1;
  const int high = hex_value(text[i + 1]);
  const int low = hex_value(text[i + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// UTF-8 that encodes a character in more bytes than it needs (RFC 3629, 3).
bool is_overlong(std::string_view text, std::size_t i, int lead) noexcept {
  if (lead == 0xc0 || lead == 0xc1) return true;
  const int next = escaped_byte(text, i + 3);
  if (lead == 0xe0) return next >= 0x80 && next < 0xa0;
  if (lead == 0xf0) return next >= 0x80 && next < 0x90;
  if (lead >= 0xf8) return next >= 0x80 && next < 0xc0;  // the five and six byte forms of old
  return false;
}

bool needs_work(std::string_view path) noexcept {
  for (std::size_t i = 0; i < path.size(); ++i) {
    const auto c = static_cast<unsigned char>(path[i]);
    if (kPlainPath[c]) continue;
    if (c == '/') {
      if (i + 1 < path.size() && (path[i + 1] == '/' || path[i + 1] == '.')) return true;
    } else if (c != '.') {
      return true;
    }
  }
  return false;
}

const char* check_escapes(std::string_view path, bool& kept) noexcept {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\') return "a backslash in the path";
    if (path[i] != '%') continue;
    const int byte = escaped_byte(path, i);
    if (byte < 0) return "a broken percent escape";
    if (byte == 0) return "an escaped NUL";
    if (is_overlong(path, i, byte)) return "overlong UTF-8";
    if (byte == '/' || byte == '\\') kept = true;
  }
  return nullptr;
}

enum class Dots : std::uint8_t { none, one, two, escaped };

// "." and "..", and whether any of their dots is written as an escape. Parameters after ';' belong
// to the segment, so "..;a" is an ordinary name to weir; some servers cut it, so it is refused too.
Dots dots_of(std::string_view segment) noexcept {
  int dots = 0;
  bool escaped = false;
  std::size_t i = 0;
  while (i < segment.size()) {
    if (segment[i] == '.') {
      ++i;
    } else if (escaped_byte(segment, i) == '.') {
      escaped = true;
      i += 3;
    } else {
      break;
    }
    ++dots;
  }
  const bool at_end = i == segment.size();
  if (dots == 0 || dots > 2 || (!at_end && segment[i] != ';')) return Dots::none;
  if (escaped || !at_end) return Dots::escaped;
  return dots == 1 ? Dots::one : Dots::two;
}

PathResult refuse(const char* why) noexcept {
  PathResult result;
  result.why = why;
  return result;
}

}  // namespace

PathResult normalise_path(std::string_view path, std::span<char> scratch) noexcept {
  PathResult result;
  result.ok = true;
  result.path = path;
  if (!needs_work(path)) return result;
  if (const char* why = check_escapes(path, result.has_kept_escape)) return refuse(why);
  std::size_t out = 0;
  std::size_t i = 1;  // after the first '/'
  scratch[out++] = '/';
  while (i <= path.size()) {
    const std::size_t slash = std::min(path.find('/', i), path.size());
    const std::string_view segment = path.substr(i, slash - i);
    const bool last = slash == path.size();
    i = slash + 1;
    const Dots dots = dots_of(segment);
    if (dots == Dots::escaped) return refuse("an encoded dot segment");
    if (segment.empty() || dots == Dots::one) continue;
    if (dots == Dots::two) {
      if (out == 1) return refuse("'..' above the root");
      --out;  // the '/' that ends the last segment
      while (scratch[out - 1] != '/') --out;
      continue;
    }
    std::memmove(scratch.data() + out, segment.data(), segment.size());
    out += segment.size();
    if (!last) scratch[out++] = '/';
  }
  result.path = {scratch.data(), out};
  return result;
}

bool is_target_text(std::string_view target) noexcept {
  for (const char c : target) {
    if (!kTargetText[static_cast<unsigned char>(c)]) return false;
  }
  return !target.empty();
}

std::string_view host_of(std::string_view authority) noexcept {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

bool is_authority(std::string_view authority) noexcept {
  std::string_view rest;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos || close > 46) return false;
    char text[48] = {};
    std::memcpy(text, authority.data() + 1, close - 1);
    in6_addr ignored;
    if (inet_pton(AF_INET6, text, &ignored) != 1) return false;
    rest = authority.substr(close + 1);
  } else {
    const char* begin = authority.data();
    const char* name_end = find_host_end(begin, begin, begin + authority.size());
    if (name_end == begin) return false;
    rest = authority.substr(static_cast<std::size_t>(name_end - begin));
  }
  if (rest.empty()) return true;
  if (rest.front() != ':') return false;
  rest.remove_prefix(1);
  if (rest.empty() || rest.size() > 5) return false;
  unsigned port = 0;
  for (const char c : rest) {
    if (!is_digit(c)) return false;
    port = port * 10 + static_cast<unsigned>(c - '0');
  }
  return port <= 65535;
}

}  // namespace weir::http
