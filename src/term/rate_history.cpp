#include "term/rate_history.hpp"

#include <algorithm>

namespace weir::term {
namespace {

// Names have no line feed in them.
std::string history_key(const std::string& service, const std::string& endpoint) {
  return service + "\n" + endpoint;
}

}  // namespace

RateHistory::RateHistory(base::Duration interval)
    : slots_(std::clamp<std::size_t>(
          static_cast<std::size_t>(
              std::chrono::minutes(1) /
              std::max<base::Duration>(interval, std::chrono::milliseconds(1))),
          2, kSlotsMax)) {}

void RateHistory::add(const std::string& key, double rate) {
  Rates& rates = rates_[key];
  rates.values.push_back(rate);
  if (rates.values.size() > slots_) rates.values.pop_front();
  rates.round = round_;
}

void RateHistory::add(const Traffic& traffic) {
  ++round_;
  for (const Service& service : traffic.services) {
    add(history_key(service.name, {}), service.load.rps);
    for (const Endpoint& endpoint : service.endpoints) {
      add(history_key(service.name, endpoint.name), endpoint.load.rps);
    }
  }
  std::erase_if(rates_, [this](const auto& each) { return each.second.round != round_; });
}

std::vector<double> RateHistory::of(const std::string& service, const std::string& endpoint) const {
  const auto found = rates_.find(history_key(service, endpoint));
  if (found == rates_.end()) return {};
  return {found->second.values.begin(), found->second.values.end()};
}

}  // namespace weir::term
