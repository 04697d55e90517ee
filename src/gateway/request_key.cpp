#include "gateway/request_key.hpp"

#include <algorithm>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "http/chars.hpp"
#include "net/address.hpp"

namespace weir::gateway {
namespace {

using Source = config::HashKey::Source;

std::uint64_t client_key(std::string_view client) noexcept {
  if (client.find(':') == std::string_view::npos) return base::hash64(client);
  const auto address = net::Address::ip(client, 0);
  if (!address) return base::hash64(client);
  const net::IpBytes ip = address->ip_bytes();
  return base::hash64({reinterpret_cast<const char*>(ip.bytes), 8});
}

// Calls each(name, value) until it returns true.
// cookie-string = cookie-pair *( ";" SP cookie-pair ) (RFC 6265, 4.2.1)
bool any_cookie(const http::RequestHead& head, auto each) {
  for (const http::Field& field : head.fields) {
    if (field.id != http::FieldId::cookie) continue;
    std::string_view line = head.fields.value(field);
    while (!line.empty()) {
      const std::size_t end = std::min(line.find(';'), line.size());
      const std::string_view pair = http::trim(line.substr(0, end));
      const std::size_t equals = std::min(pair.find('='), pair.size());
      const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
      if (!pair.empty() && each(pair.substr(0, equals), value)) return true;
      line.remove_prefix(std::min(end + 1, line.size()));
    }
  }
  return false;
}

}  // namespace

config::HashKey key_source(const config::Balance& balance, balance::Algorithm algorithm) {
  if (algorithm == balance::Algorithm::ip_hash) return {Source::client_ip, {}};
  return balance::uses_key(algorithm) ? balance.hash_key : config::HashKey{};
}

std::optional<std::uint64_t> request_key(const config::HashKey& key, const http::RequestHead& head,
                                         std::string_view client) noexcept {
  switch (key.source) {
    case Source::none:
      return std::nullopt;
    case Source::client_ip:
      return client_key(client);
    case Source::path:
      return base::hash64(head.path);
    case Source::header:
      for (const http::Field& field : head.fields) {
        if (base::equals_ignore_case(head.fields.name(field), key.name)) {
          return base::hash64(head.fields.value(field));
        }
      }
      return std::nullopt;
    case Source::cookie:
      if (const auto value = find_cookie(head, key.name)) return base::hash64(*value);
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string_view> find_cookie(const http::RequestHead& head,
                                            std::string_view name) noexcept {
  std::optional<std::string_view> found;
  any_cookie(head, [&](std::string_view each, std::string_view value) {
    if (each == name) found = value;
    return each == name;
  });
  return found;
}

bool has_cookie_beside(const http::RequestHead& head, std::string_view name) noexcept {
  return any_cookie(head, [&](std::string_view each, std::string_view) { return each != name; });
}

}  // namespace weir::gateway
