#include "gateway/request_key.hpp"

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

// cookie-string = cookie-pair *( ";" SP cookie-pair ) (RFC 6265, 4.2.1); the first of that name.
std::optional<std::string_view> cookie(std::string_view line, std::string_view name) noexcept {
  while (!line.empty()) {
    const std::size_t end = line.find(';');
    const std::string_view pair = http::trim(line.substr(0, end));
    const std::size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) {
      return pair.substr(equals + 1);
    }
    line = end == std::string_view::npos ? std::string_view() : line.substr(end + 1);
  }
  return std::nullopt;
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
      for (const http::Field& field : head.fields) {
        if (field.id != http::FieldId::cookie) continue;
        if (const auto value = cookie(head.fields.value(field), key.name)) {
          return base::hash64(*value);
        }
      }
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace weir::gateway
