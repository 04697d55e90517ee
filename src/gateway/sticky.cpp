#include "gateway/sticky.hpp"

#include <fmt/format.h>

#include <charconv>

#include "gateway/http_proxy.hpp"
#include "gateway/request_key.hpp"

namespace weir::gateway {
namespace {

constexpr std::size_t kDigits = 16;

}  // namespace

std::uint32_t StickyTokens::find(const http::RequestHead& head, std::string_view cookie,
                                 const upstream::EndpointSet& set, const base::HashSecret& secret) {
  const auto value = find_cookie(head, cookie);
  if (!value || value->size() != kDigits) return 0;
  std::uint64_t token = 0;
  const auto end = std::from_chars(value->data(), value->data() + kDigits, token, 16);
  if (end.ec != std::errc() || end.ptr != value->data() + kDigits) return 0;
  if (generation_ != set.generation || tokens_.size() != set.identities.size()) {
    tokens_.clear();
    for (const std::uint64_t each : set.identities) {
      tokens_.push_back(base::keyed_hash(secret, each));
    }
    generation_ = set.generation;
  }
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i] == token) return set.ids[i];
  }
  return 0;
}

std::string set_cookie_line(const StickyPlan& plan, const upstream::Endpoint& endpoint) {
  std::string line = fmt::format("Set-Cookie: {}={:016x}; Path=/; HttpOnly; SameSite=Lax",
                                 plan.cookie, base::keyed_hash(plan.secret, endpoint.identity));
  if (plan.age > base::Duration::zero()) {
    line += fmt::format("; Max-Age={}", plan.age / std::chrono::seconds(1));
  }
  return line + "\r\n";
}

base::HashSecret HttpProxy::sticky_secret() const noexcept {
  return {hash_seed_, base::mix64(hash_seed_)};
}

std::uint32_t HttpProxy::sticky_endpoint(const http::RequestHead& head, const Route& route,
                                         const upstream::EndpointSet& set) {
  const auto& settings = set.policy->balance.sticky;
  if (!settings) return 0;
  if (route.service->slot >= sticky_.size()) sticky_.resize(route.service->slot + 1);
  return sticky_[route.service->slot].find(head, settings->cookie, set, sticky_secret());
}

void HttpProxy::plan_sticky(const http::RequestHead& head, ForwardPlan& plan,
                            upstream::AttemptPlan& tries) {
  const auto set = lane_of(plan.route.service).hold();
  const auto& settings = set->policy->balance.sticky;
  if (!settings) return;
  tries.preferred = sticky_endpoint(head, plan.route, *set);
  plan.sticky = std::make_unique<StickyPlan>(
      StickyPlan{settings->cookie, settings->age, tries.preferred, sticky_secret()});
}

}  // namespace weir::gateway
