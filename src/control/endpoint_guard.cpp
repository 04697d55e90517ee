#include "control/endpoint_guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace weir::control {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

// The IPv4 address that an address is, or that it leads to in another form.
struct Plain {
  bool is_v4 = false;
  std::array<std::uint8_t, 4> v4{};
  Bytes v6{};
};

// Forms of IPv6 addresses that stand for an IPv4 one, and where in them it is.
struct Form {
  std::array<std::uint8_t, 12> start;
  std::size_t size;  // bytes of `start` that count
  std::size_t at;    // of the IPv4 address
  bool is_inverted = false;
};
constexpr std::array kForms = {
    Form{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 12, 12},  // mapped (RFC 4291)
    Form{{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 12, 12},        // translated (RFC 2765)
    Form{{0x00, 0x64, 0xff, 0x9b}, 12, 12},                    // NAT64 (RFC 6052)
    Form{{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 6, 12},         // NAT64 of a site (RFC 8215)
    Form{{0x20, 0x02}, 2, 2},                                  // 6to4 (RFC 3056)
    Form{{0x20, 0x01}, 4, 12, true},                           // Teredo (RFC 4380)
};

Plain plain_of(const net::Address& address) {
  Plain out;
  std::uint8_t bytes[16];
  address.to_bytes(bytes);
  std::ranges::copy(bytes, out.v6.begin());
  for (const Form& form : kForms) {
    if (!std::equal(bytes, bytes + form.size, form.start.begin())) continue;
    out.is_v4 = true;
    for (std::size_t i = 0; i < 4; ++i) {
      out.v4[i] = static_cast<std::uint8_t>(bytes[form.at + i] ^ (form.is_inverted ? 0xff : 0));
    }
    return out;
  }
  // "::a.b.c.d" (RFC 4291, 2.5.5.1), but for :: and ::1.
  const bool is_small =
      std::ranges::all_of(std::span(bytes).first(12), [](std::uint8_t byte) { return byte == 0; });
  const bool is_one = bytes[12] == 0 && bytes[13] == 0 && bytes[14] == 0 && bytes[15] <= 1;
  out.is_v4 = is_small && !is_one;
  std::copy(bytes + 12, bytes + 16, out.v4.begin());
  return out;
}

// Where clouds tell a machine its secrets, beside the link-local 169.254.169.254.
constexpr std::array<std::array<std::uint8_t, 4>, 2> kMetadataV4 = {
    {{100, 100, 100, 200}, {192, 0, 0, 192}}};
constexpr Bytes kMetadataV6 = {0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54};

bool is_loopback(const Plain& plain) {
  if (plain.is_v4) return plain.v4[0] == 127;
  return plain.v6[15] == 1 && std::ranges::all_of(std::span(plain.v6).first(15),
                                                  [](std::uint8_t byte) { return byte == 0; });
}

// What no backend has: unspecified, link-local (clouds keep secrets there), multicast, broadcast.
std::string_view why_never(const Plain& plain) {
  if (plain.is_v4) {
    if (plain.v4[0] == 0) return "an unspecified address";
    if (plain.v4[0] == 169 && plain.v4[1] == 254) return "a link-local address";
    if (plain.v4[0] >= 224) return "a multicast or reserved address";
    if (std::ranges::find(kMetadataV4, plain.v4) != kMetadataV4.end()) {
      return "a cloud's metadata service";
    }
    return {};
  }
  if (plain.v6[0] == 0xfe && (plain.v6[1] & 0xc0) == 0x80) return "a link-local address";
  if (plain.v6[0] == 0xff) return "a multicast address";
  if (plain.v6 == kMetadataV6) return "a cloud's metadata service";
  const bool is_zero = std::ranges::all_of(plain.v6, [](std::uint8_t byte) { return byte == 0; });
  return is_zero ? "an unspecified address" : "";
}

}  // namespace

EndpointGuard::EndpointGuard(const net::Address& admin) : admin_(admin), is_admin_known_(true) {}

bool EndpointGuard::is_admin(const net::Address& address) const {
  if (address.port() != admin_.port()) return false;
  const Plain asked = plain_of(address);
  const Plain own = plain_of(admin_);
  // Bound to every address, it is behind any address of this machine: the port decides.
  if (why_never(own) == "an unspecified address") return true;
  if (is_loopback(asked) && is_loopback(own)) return true;
  return asked.is_v4 == own.is_v4 && (asked.is_v4 ? asked.v4 == own.v4 : asked.v6 == own.v6);
}

std::string EndpointGuard::why_not(std::string_view text) const {
  const auto address = net::Address::parse(text);
  if (!address || address->family() == AF_UNIX) {
    return fmt::format("{} is no network address", text);
  }
  const Plain plain = plain_of(*address);
  if (const std::string_view why = why_never(plain); !why.empty()) {
    return fmt::format("{} is {}", text, why);
  }
  if (!is_admin_known_) return {};
  if (is_admin(*address)) return fmt::format("{} is weir's own admin interface", text);
  if (is_loopback(plain) && !admin_.is_loopback()) {
    return fmt::format("{} is a loopback address, and the admin interface is not on loopback",
                       text);
  }
  return {};
}

}  // namespace weir::control
