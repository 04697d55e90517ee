#include "config/mask.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace weir::config {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

bool is_secret_key(std::string_view key) {
  std::string folded(key);
  std::ranges::transform(folded, folded.begin(), base::ascii_lower);
  return folded.contains("pass") || folded.contains('%');  // %70assword is password
}

// "a=b&password=c" → "a=b&password=***".
std::string masked_query(std::string_view query) {
  std::string out;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = pair.find('=');
    const bool is_secret = equals != pair.npos && is_secret_key(pair.substr(0, equals));
    out += is_secret ? pair.substr(0, equals + 1) : pair;
    if (is_secret) out += kMask;
    if (end < query.size()) out += '&';
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return out;
}

// Where a port ends, or 0 if none begins here: digits, then nothing that a password would have.
std::size_t port_end(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const bool is_last = end == text.size() || std::string_view("/?,;.)]'\"").contains(text[end]);
  return end > 0 && end <= 5 && is_last ? end : 0;
}

// What follows "://", without a query.
std::string masked_rest(std::string_view rest) {
  std::string out;
  if (const std::size_t at = rest.rfind('@'); at != rest.npos) {
    const std::size_t colon = rest.find(':');
    if (colon > at) return std::string(rest);
    out += rest.substr(0, colon + 1);
    out += kMask;
    return out.append(rest.substr(at));
  }
  // No '@': a host and its port, or a name and the beginning of a password.
  const std::size_t bracket = rest.starts_with('[') ? rest.find(']') : 0;
  const std::size_t colon = rest.find(':', bracket == rest.npos ? 0 : bracket);
  if (colon == rest.npos || port_end(rest.substr(colon + 1)) > 0) return std::string(rest);
  out += rest.substr(0, colon + 1);
  return out.append(kMask);
}

}  // namespace

std::string masked(std::string_view text) {
  std::string out;
  for (std::size_t mark = text.find("://"); mark != text.npos; mark = text.find("://")) {
    out += text.substr(0, mark + 3);
    text.remove_prefix(mark + 3);
    // A raw password may hold spaces: the URL ends after the last '@'.
    const std::size_t at = text.rfind('@');
    const std::size_t end =
        std::min(text.find_first_of(kSpaces, at == text.npos ? 0 : at), text.size());
    const std::string_view url = text.substr(0, end);
    // A '?' before the '@' belongs to the password.
    const std::size_t query = std::min(url.find('?', at == text.npos ? 0 : at), url.size());
    out += masked_rest(url.substr(0, query));
    if (query < url.size()) out.append("?").append(masked_query(url.substr(query + 1)));
    text.remove_prefix(end);
  }
  return out.append(text);
}

}  // namespace weir::config
