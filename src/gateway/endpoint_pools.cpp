#include "gateway/endpoint_pools.hpp"

#include "runtime/lane.hpp"

namespace weir::gateway {
namespace {

constexpr base::Duration kForgetAfter = std::chrono::seconds(60);

}  // namespace

std::shared_ptr<http::ClientPool> EndpointPools::of(const upstream::Endpoint& endpoint) {
  Entry& entry = pools_[endpoint.id];
  if (entry.pool == nullptr) [[unlikely]] {
    const auto address = net::Address::parse(endpoint.address);
    if (!address) {
      pools_.erase(endpoint.id);
      return nullptr;
    }
    entry.pool = std::make_shared<http::ClientPool>(context_, connector_, *address);
  }
  entry.used = context_.lane.now();
  return entry.pool;
}

void EndpointPools::sweep(base::Time now) {
  for (auto& [id, entry] : pools_) entry.pool->sweep(now);
  std::erase_if(pools_, [now](const auto& item) {
    return item.second.pool->idle() == 0 && now - item.second.used > kForgetAfter;
  });
}

}  // namespace weir::gateway
