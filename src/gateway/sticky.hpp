#pragma once
// Sticky: weir's own cookie that keeps a client on its endpoint (`balance: { sticky: … }`).
//
// 1. Its value is a keyed hash of the endpoint's identity: it says nothing about addresses, and
//    nobody can make one. The key lives as long as the process; after a restart each client gets a
//    new cookie with its next answer.
// 2. It is a wish: an endpoint that is not eligible, was tried, or refuses is passed over, and the
//    cookie of the one that answers replaces it.
// Lane-only.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/keyed_hash.hpp"
#include "config/settings.hpp"
#include "http/head.hpp"
#include "upstream/endpoint_set.hpp"

namespace weir::gateway {

/// One lane's cookie values of one service.
class StickyTokens {
 public:
  /// The id of the endpoint in `set` that the request's cookie names, or 0. Cost: a scan of 8 bytes
  /// an endpoint; new hashes when the set is another one.
  std::uint32_t find(const http::RequestHead& head, std::string_view cookie,
                     const upstream::EndpointSet& set, const base::HashSecret& secret);

 private:
  std::uint64_t generation_ = 0;  // of the set; it begins at 1
  std::vector<std::uint64_t> tokens_;
};

/// What an exchange needs to renew the cookie when its head is gone.
struct StickyPlan {
  std::string cookie;
  base::Duration age{};
  std::uint32_t wanted = 0;  ///< the endpoint its cookie names; 0: none that is eligible
  base::HashSecret secret{};
};

/// "Set-Cookie: …" with its end of line, for an answer of `endpoint`.
std::string set_cookie_line(const StickyPlan& plan, const upstream::Endpoint& endpoint);

}  // namespace weir::gateway
