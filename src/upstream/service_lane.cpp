#include "upstream/service_lane.hpp"

namespace weir::upstream {

// What the lane has observed of the endpoints stays: a new algorithm begins with it.
void ServiceLane::change_policy(const EndpointSet& set) {
  balance::PolicyOptions options;
  options.lane = lane_;
  options.load_bound = set.policy->balance.load_bound;
  picker_ = std::make_unique<balance::Policy>(set.policy->balance.algorithm, options);
  picker_policy_ = set.policy.get();
  kept_policy_ = set.policy;
}

}  // namespace weir::upstream
