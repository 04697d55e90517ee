#include "gateway/client_address.hpp"

#include <cstring>

#include "http/chars.hpp"

namespace weir::gateway {
namespace {

constexpr int kEntriesMax = 100;

bool has_prefix(const std::uint8_t* bytes, const config::Cidr& range) noexcept {
  const std::size_t whole = range.prefix / 8;
  if (std::memcmp(bytes, range.bytes.data(), whole) != 0) return false;
  const unsigned rest = range.prefix % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
  return (bytes[whole] & mask) == (range.bytes[whole] & mask);
}

bool is_mapped_v4(const std::uint8_t (&bytes)[16]) noexcept {
  static constexpr std::uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::memcmp(bytes, kMapped, sizeof kMapped) == 0;
}

}  // namespace

bool is_trusted(const net::IpBytes& address, std::span<const config::Cidr> trusted) noexcept {
  if (trusted.empty() || address.version == 0) return false;
  const std::uint8_t(&bytes)[16] = address.bytes;
  const bool v4 = is_mapped_v4(bytes);
  for (const config::Cidr& range : trusted) {
    if (range.family == config::Family::v4 ? v4 && has_prefix(bytes + 12, range)
                                           : !v4 && has_prefix(bytes, range)) {
      return true;
    }
  }
  return false;
}

bool parse_forwarded_entry(std::string_view entry, net::Address& out) noexcept {
  entry = http::trim(entry);
  if (entry.size() >= 2 && entry.front() == '"' && entry.back() == '"') {
    entry = entry.substr(1, entry.size() - 2);
  }
  if (entry.starts_with('[')) {
    const std::size_t close = entry.find(']');
    if (close == std::string_view::npos) return false;
    entry = entry.substr(1, close - 1);
  } else if (const std::size_t colon = entry.find(':');
             colon != std::string_view::npos &&
             entry.find(':', colon + 1) == std::string_view::npos) {
    entry = entry.substr(0, colon);  // 192.0.2.1:80; an IPv6 address has more than one colon
  }
  entry = entry.substr(0, entry.find('%'));
  if (entry.empty() || entry.size() > 45) return false;
  const auto parsed = net::Address::ip(entry, 0);
  if (!parsed) return false;
  out = *parsed;
  return true;
}

ClientAddress find_client(const http::FieldList& fields, const http::Peer& peer, bool trusted_peer,
                          std::span<const config::Cidr> trusted) noexcept {
  net::Address client;
  int walked = 0;
  bool vouched = trusted_peer && fields.has_forwarding;
  for (std::uint32_t i = fields.count; vouched && i-- > 0;) {
    if (fields.lines[i].id != http::FieldId::x_forwarded_for) continue;
    std::string_view list = fields.value(fields.lines[i]);
    while (vouched && !list.empty() && walked++ < kEntriesMax) {
      const std::size_t comma = list.rfind(',');
      const std::size_t start = comma == std::string_view::npos ? 0 : comma + 1;
      net::Address entry;
      if (!parse_forwarded_entry(list.substr(start), entry)) {
        vouched = false;
        break;
      }
      client = entry;
      vouched = is_trusted(entry.ip_bytes(), trusted);
      list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
    }
  }
  ClientAddress out;
  if (client.family() != AF_UNSPEC) {
    out.size = static_cast<std::uint8_t>(net::write_host(client, out.text));
  } else {
    out.size = peer.host_size;
    std::memcpy(out.text, peer.host, peer.host_size);
  }
  return out;
}

}  // namespace weir::gateway
