#pragma once
// EndpointPools: a lane's connection pools, one per endpoint, made on first use and forgotten a
// minute after the last. Lane-only.

#include <array>
#include <memory>
#include <unordered_map>

#include "http/client_pool.hpp"
#include "upstream/endpoint.hpp"

namespace weir::gateway {

class EndpointPools {
 public:
  EndpointPools(http::LaneContext& context, http::Connector& connector)
      : context_(context), connector_(connector) {}

  /// The endpoint's pool, kept while the Use lives; empty when its address cannot be read.
  /// Cost: a compare for the endpoints in use, a hash look-up for others.
  http::ClientPool::Use of(const upstream::Endpoint& endpoint) {
    const Recent& recent = recent_[endpoint.id % kRecent];
    if (recent.id == endpoint.id) [[likely]]
      return http::ClientPool::Use(recent.pool);
    return find_or_make(endpoint);
  }

  /// Closes idle connections that are dead or old, and forgets unused pools.
  void sweep(base::Time now);
  void close_all();

 private:
  static constexpr std::size_t kRecent = 64;
  struct Recent {
    std::uint32_t id = 0;  // no endpoint has the id 0
    http::ClientPool* pool = nullptr;
  };
  struct Entry {
    std::unique_ptr<http::ClientPool> pool;
    base::Time empty_since{};
  };

  http::ClientPool::Use find_or_make(const upstream::Endpoint& endpoint);

  http::LaneContext& context_;
  http::Connector& connector_;
  std::unordered_map<std::uint32_t, Entry> pools_;
  std::array<Recent, kRecent> recent_{};
};

}  // namespace weir::gateway
