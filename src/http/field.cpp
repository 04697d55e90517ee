#include "http/field.hpp"

#include "base/text.hpp"

namespace weir::http {
namespace {

struct Known {
  std::string_view name;
  FieldId id;
};

template <std::size_t N>
FieldId find(std::string_view name, const Known (&candidates)[N]) noexcept {
  for (const Known& known : candidates) {
    if (base::equals_ignore_case(name, known.name)) return known.id;
  }
  return FieldId::other;
}

constexpr Known k2[] = {{"te", FieldId::te}};
constexpr Known k3[] = {{"via", FieldId::via}};
constexpr Known k4[] = {{"host", FieldId::host}, {"date", FieldId::date}};
constexpr Known k6[] = {{"cookie", FieldId::cookie}, {"expect", FieldId::expect}};
constexpr Known k7[] = {{"upgrade", FieldId::upgrade}, {"trailer", FieldId::trailer}};
constexpr Known k9[] = {{"forwarded", FieldId::forwarded}, {"x-real-ip", FieldId::x_real_ip}};
constexpr Known k10[] = {{"user-agent", FieldId::user_agent},
                         {"connection", FieldId::connection},
                         {"keep-alive", FieldId::keep_alive}};
constexpr Known k11[] = {{"retry-after", FieldId::retry_after}};
constexpr Known k12[] = {{"content-type", FieldId::content_type},
                         {"x-request-id", FieldId::x_request_id}};
constexpr Known k13[] = {{"authorization", FieldId::authorization}};
constexpr Known k14[] = {{"content-length", FieldId::content_length},
                         {"http2-settings", FieldId::http2_settings}};
constexpr Known k15[] = {{"x-forwarded-for", FieldId::x_forwarded_for}};
constexpr Known k16[] = {{"x-forwarded-host", FieldId::x_forwarded_host},
                         {"proxy-connection", FieldId::proxy_connection}};
constexpr Known k17[] = {{"transfer-encoding", FieldId::transfer_encoding},
                         {"x-forwarded-proto", FieldId::x_forwarded_proto},
                         {"sec-websocket-key", FieldId::sec_websocket_key}};
constexpr Known k20[] = {{"sec-websocket-accept", FieldId::sec_websocket_accept}};
constexpr Known k21[] = {{"sec-websocket-version", FieldId::sec_websocket_version}};

}  // namespace

FieldId classify(std::string_view name) noexcept {
  switch (name.size()) {
    case 2:
      return find(name, k2);
    case 3:
      return find(name, k3);
    case 4:
      return find(name, k4);
    case 6:
      return find(name, k6);
    case 7:
      return find(name, k7);
    case 9:
      return find(name, k9);
    case 10:
      return find(name, k10);
    case 11:
      return find(name, k11);
    case 12:
      return find(name, k12);
    case 13:
      return find(name, k13);
    case 14:
      return find(name, k14);
    case 15:
      return find(name, k15);
    case 16:
      return find(name, k16);
    case 17:
      return find(name, k17);
    case 20:
      return find(name, k20);
    case 21:
      return find(name, k21);
    default:
      return FieldId::other;
  }
}

bool is_hop_by_hop(FieldId id) noexcept {
  switch (id) {
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
    case FieldId::http2_settings:
      return true;
    default:
      return false;
  }
}

bool is_protected(FieldId id) noexcept {
  switch (id) {
    case FieldId::host:
    case FieldId::content_length:
    case FieldId::forwarded:
    case FieldId::x_forwarded_for:
    case FieldId::x_forwarded_proto:
    case FieldId::x_forwarded_host:
    case FieldId::x_real_ip:
    case FieldId::cookie:
    case FieldId::authorization:
    case FieldId::via:
    case FieldId::date:
    case FieldId::content_type:
    case FieldId::sec_websocket_key:
    case FieldId::sec_websocket_version:
    case FieldId::sec_websocket_accept:
      return true;
    default:
      return false;
  }
}

bool is_forbidden_in_trailer(FieldId id) noexcept {
  return is_hop_by_hop(id) || is_protected(id) || id == FieldId::expect || id == FieldId::trailer ||
         id == FieldId::x_request_id || id == FieldId::retry_after;
}

}  // namespace weir::http
