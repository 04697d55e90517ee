#pragma once
// request_key: what a hashing algorithm or a rate limit goes by: the client's address, the path, a
// header field or a cookie of the request.

#include <cstdint>
#include <optional>
#include <string_view>

#include "config/settings.hpp"
#include "http/head.hpp"

namespace weir::gateway {

/// Where `algorithm` gets its key from; source none: it needs none.
config::HashKey key_source(const config::Balance& balance, balance::Algorithm algorithm);

/// Nothing when the request has no such field or cookie: the caller then spreads it at random (no
/// affinity) or does not limit it. `client`: the client's address as text; of IPv6 the /64 counts,
/// since one client has many addresses in it.
std::optional<std::uint64_t> request_key(const config::HashKey& key, const http::RequestHead& head,
                                         std::string_view client) noexcept;

/// The value of the first cookie of that name. Lifetime: into the head.
std::optional<std::string_view> find_cookie(const http::RequestHead& head,
                                            std::string_view name) noexcept;

/// Whether the request carries a cookie of another name.
bool has_cookie_beside(const http::RequestHead& head, std::string_view name) noexcept;

}  // namespace weir::gateway
