#pragma once
// TrafficMix: what the demo's background traffic consists of. Pure: which request is the next, and
// when the n-th is due. Who sends them is lab/traffic.

#include <cstdint>
#include <span>
#include <string_view>

#include "base/clock.hpp"
#include "base/rng.hpp"

namespace weir::lab {

/// One request. Lifetime of the views: static.
struct PlannedRequest {
  std::string_view target;
  std::string_view client;  ///< on whose behalf it comes: X-Forwarded-For
  std::string_view agent;
};

/// Never a path that answers 404: the demo shall be healthy until somebody breaks it.
/// Shape: targets by weight; a few clients send most of the requests, as in real life.
PlannedRequest plan_request(base::Rng& rng) noexcept;

/// When request `n` (from 0) is due: constant arrivals, whatever became of those before.
/// Requires: rate > 0.
base::Time due(base::Time start, std::uint64_t n, double rate) noexcept;

/// The client addresses, for tests.
std::span<const std::string_view> traffic_clients() noexcept;

}  // namespace weir::lab
