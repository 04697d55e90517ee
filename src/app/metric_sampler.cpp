#include "app/metric_sampler.hpp"

#include <cmath>

#include "store/row_text.hpp"

namespace weir::app {
namespace {

constexpr double kMsPerSecond = 1000;
const EndpointLoad kNoLoad;
const observe::LoadView kNoNumbers;

template <class Map, class Key, class Value>
const Value& value_or(const Map& map, const Key& key, const Value& otherwise) {
  const auto found = map.find(key);
  return found == map.end() ? otherwise : found->second;
}

// The samples of one subject.
struct Subject {
  std::vector<store::MetricSample>& out;
  std::int64_t at_ms;
  std::string name;

  void say(const char* metric, double value) const {
    if (std::isfinite(value)) out.push_back({at_ms, name, metric, value});
  }
  void say_load(const observe::LoadView& load, double in_flight) const {
    say("requests_per_second", load.rps);
    say("in_flight", in_flight);
    if (load.rps <= 0) return;
    say("error_ratio", load.error_ratio);
    say("p95_seconds", load.p95_ms / kMsPerSecond);
  }
};

}  // namespace

void MetricSampler::Sums::add(const observe::LoadView& load) {
  in_flight += static_cast<double>(load.in_flight);
  ++seconds;
}

void MetricSampler::Sums::add_cpu(double percent) {
  cpu_share += percent / 100;
  ++cpu_seconds;
}

void MetricSampler::add(const std::vector<control::ServiceEntry>& services,
                        const LoadTable& loads) {
  all_.add(loads.all);
  all_.add_cpu(loads.cpu_percent);
  for (const auto& entry : services) {
    services_[entry.service->name].add(value_or(loads.services, entry.service->name, kNoNumbers));
    for (const auto& each : entry.endpoints) {
      const EndpointLoad& load = value_or(loads.endpoints, each.endpoint->id, kNoLoad);
      Sums& sums = endpoints_[each.endpoint->id];
      sums.add(load.load);
      if (load.rss_bytes > 0) sums.add_cpu(load.cpu_percent);
    }
  }
}

std::vector<store::MetricSample> MetricSampler::second(
    const std::vector<control::ServiceEntry>& services, const LoadTable& loads) {
  add(services, loads);
  const std::int64_t step = loads.wall_ms / kStepMs;
  if (step_ == 0) step_ = step;
  if (step == step_) return {};
  step_ = step;
  std::vector<store::MetricSample> out;
  std::size_t left = kSubjectsMax;
  const auto say = [&](std::string name, const observe::LoadView& load, const Sums& sums,
                       std::uint64_t memory) {
    // A name that the table refuses must not keep the others out of it.
    if (left == 0 || !store::check_name("the subject", name)) return;
    --left;
    const Subject subject{out, step * kStepMs, std::move(name)};
    subject.say_load(load, sums.in_flight / sums.seconds);
    if (sums.cpu_seconds == 0 || memory == 0) return;
    subject.say("cpu_share", sums.cpu_share / sums.cpu_seconds);
    subject.say("memory_bytes", static_cast<double>(memory));
  };
  say("weir", loads.all, all_, loads.rss_bytes);
  for (const auto& entry : services) {
    const std::string& name = entry.service->name;
    say("service/" + name, value_or(loads.services, name, kNoNumbers), services_[name], 0);
  }
  for (const auto& entry : services) {
    for (const auto& each : entry.endpoints) {
      const EndpointLoad& load = value_or(loads.endpoints, each.endpoint->id, kNoLoad);
      say("endpoint/" + entry.service->name + "/" + each.endpoint->name, load.load,
          endpoints_[each.endpoint->id], load.rss_bytes);
    }
  }
  all_ = {};
  services_.clear();
  endpoints_.clear();
  return out;
}

}  // namespace weir::app
