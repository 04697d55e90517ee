#include "gateway/endpoint_pools.hpp"

#include "runtime/lane.hpp"

namespace weir::gateway {
namespace {

constexpr base::Duration kForgetAfter = std::chrono::seconds(60);

}  // namespace

http::ClientPool::Use EndpointPools::find_or_make(const upstream::Endpoint& endpoint) {
  Entry& entry = pools_[endpoint.id];
  if (entry.pool == nullptr) {
    const auto address = net::Address::parse(endpoint.address);
    if (!address) {
      pools_.erase(endpoint.id);
      return {};
    }
    entry.pool = std::make_unique<http::ClientPool>(context_, connector_, *address);
    entry.empty_since = context_.lane.now();
  }
  recent_[endpoint.id % kRecent] = {endpoint.id, entry.pool.get()};
  return http::ClientPool::Use(entry.pool.get());
}

void EndpointPools::sweep(base::Time now) {
  for (auto item = pools_.begin(); item != pools_.end();) {
    Entry& entry = item->second;
    entry.pool->sweep(now);
    if (entry.pool->users() > 0 || entry.pool->idle() > 0) entry.empty_since = now;
    if (now - entry.empty_since <= kForgetAfter) {
      ++item;
      continue;
    }
    Recent& recent = recent_[item->first % kRecent];
    if (recent.id == item->first) recent = {};
    item = pools_.erase(item);
  }
}

void EndpointPools::close_all() {
  for (auto& [id, entry] : pools_) entry.pool->close_all();
}

}  // namespace weir::gateway
