#pragma once
// EndpointPools: a lane's connection pools, one per endpoint, made on first use and forgotten a
// minute after the last. Lane-only.

#include <memory>
#include <unordered_map>

#include "http/client_pool.hpp"
#include "upstream/endpoint.hpp"

namespace weir::gateway {

class EndpointPools {
 public:
  EndpointPools(http::LaneContext& context, http::Connector& connector)
      : context_(context), connector_(connector) {}

  /// The pool; exchanges under way share it, so that it outlives its entry. Null when the
  /// endpoint's address cannot be read.
  std::shared_ptr<http::ClientPool> of(const upstream::Endpoint& endpoint);

  /// Closes idle connections that are dead or old, and forgets unused pools.
  void sweep(base::Time now);
  void close_all() { pools_.clear(); }

 private:
  struct Entry {
    std::shared_ptr<http::ClientPool> pool;  // owners: this table and exchanges under way
    base::Time used{};
  };
  http::LaneContext& context_;
  http::Connector& connector_;
  std::unordered_map<std::uint32_t, Entry> pools_;
};

}  // namespace weir::gateway
