#include "upstream/endpoint_set.hpp"

#include <algorithm>

namespace weir::upstream {
namespace {

bool same_shares(const EndpointSet& a, const EndpointSet& b) {
  if (a.identities != b.identities) return false;
  return std::ranges::equal(a.eligible, b.eligible, {}, &Endpoint::weight, &Endpoint::weight);
}

// By configured weights: a table is not rebuilt at each step of a slow start, the load bound
// follows the ramp.
void add_tables(EndpointSet& set, const EndpointSet* before) {
  const config::Balance& balance = set.policy->balance;
  const auto hashes = [](balance::Algorithm each) {
    return each == balance::Algorithm::consistent_hash;
  };
  const bool wanted = hashes(balance.algorithm) || std::ranges::any_of(balance.arms, hashes) ||
                      std::ranges::any_of(balance.compare, hashes);
  if (!wanted || set.eligible.empty()) return;
  const bool keep = before != nullptr && same_shares(*before, set);
  std::vector<float> weights;
  for (const EndpointRef& each : set.eligible) weights.push_back(static_cast<float>(each->weight));
  if (balance.table == config::HashTable::maglev) {
    set.maglev = keep && before->maglev != nullptr
                     ? before->maglev
                     : std::make_shared<const balance::MaglevTable>(set.identities, weights);
  } else {
    set.ring = keep && before->ring != nullptr
                   ? before->ring
                   : std::make_shared<const balance::HashRing>(set.identities, weights);
  }
}

}  // namespace

std::shared_ptr<const EndpointSet> make_set(SetParts parts, const EndpointSet* before) {
  auto set = std::make_shared<EndpointSet>();
  set->generation = parts.generation;
  set->policy =
      parts.policy != nullptr ? std::move(parts.policy) : std::make_shared<const ServicePolicy>();
  set->eligible = std::move(parts.eligible);
  set->panic = parts.panic;
  set->breakers_open = parts.breakers_open;
  set->probes_at = parts.probes_at;
  set->total = std::max(parts.total, set->eligible.size());
  set->scores = std::move(parts.scores);
  set->scores_version = parts.generation;
  for (std::size_t i = 0; i < set->eligible.size(); ++i) {
    const Endpoint& endpoint = *set->eligible[i];
    const float factor = parts.factors.empty() ? 1 : parts.factors[i];
    set->ids.push_back(endpoint.id);
    set->weights.push_back(static_cast<float>(endpoint.weight) * factor);
    set->in_flight.push_back(&endpoint.in_flight);
    set->identities.push_back(endpoint.identity);
  }
  const auto differs = [&](float weight) { return weight != set->weights.front(); };
  set->equal_weights = std::ranges::none_of(set->weights, differs);
  add_tables(*set, before);
  return set;
}

}  // namespace weir::upstream
