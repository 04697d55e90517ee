#include "app/control_plane.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "app/version.hpp"
#include "balance/health_score.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "observe/gateway_metrics.hpp"
#include "observe/process_facts.hpp"
#include "runtime/spawn.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kTick = std::chrono::seconds(1);

observe::LoadView load_of(const observe::Track* track) {
  observe::LoadView load;
  if (track == nullptr) return load;
  const auto& totals = track->totals();
  const auto& rates = track->rates();
  load.requests = totals.requests;
  load.errors = totals.errors;
  load.in_flight = totals.in_flight;
  load.bytes_in = totals.bytes_in;
  load.bytes_out = totals.bytes_out;
  load.rps = rates.rps_10s;
  load.requests_per_minute = rates.rps_60s * 60;
  load.error_ratio = rates.error_ratio_10s;
  load.average_ms = base::to_ms(rates.mean);
  load.p50_ms = base::to_ms(rates.p50);
  load.p95_ms = base::to_ms(rates.p95);
  load.p99_ms = base::to_ms(rates.p99);
  return load;
}

// Demo traffic and the like: only the log wants to know.
class HelperObserver final : public supervise::ChildObserver {
 public:
  explicit HelperObserver(telemetry::Log& log) : log_(log) {}
  void started(const std::string& child, pid_t pid) override {
    log_.info("supervise", {{"child", child}, {"pid", pid}}, "started");
  }
  void ready(const std::string&, std::uint16_t) override {}
  void facts(const std::string&, const base::json::value&) override {}
  void ended(const std::string& child, const std::string& how, base::Duration pause,
             bool failing) override {
    if (pause < base::Duration::zero()) return;
    log_.warn("supervise", {{"child", child}, {"failing", failing}}, "{}; starts again in {}", how,
              base::format_duration(pause));
  }

 private:
  telemetry::Log& log_;
};

}  // namespace

ControlPlane::ControlPlane(std::shared_ptr<const config::Settings> settings,
                           const StaticTable& statics, control::Registry& registry,
                           const DataLanes& lanes, telemetry::Log& log)
    : registry_(registry),
      lanes_(lanes),
      log_(log),
      started_(base::real_now()),
      lane_(1000),
      context_(lane_),
      parts_{context_, registry, log, connector_, nullptr, nullptr, gate_},
      settings_(std::move(settings)) {
  open_sources(*settings_);
  for (const config::Service& service : settings_->services) {
    add_unit(service, *settings_, statics, true);
  }
  share_units();
}

ControlPlane::~ControlPlane() { stop(); }

void ControlPlane::add_helper(supervise::ChildSpec spec) {
  lane_.post([this, wanted = std::move(spec)]() mutable {
    if (!helper_observer_) helper_observer_ = std::make_unique<HelperObserver>(log_);
    helpers_.push_back(std::make_unique<supervise::Child>(lane_, std::move(wanted), helper_output_,
                                                          *helper_observer_));
    runtime::spawn(gate_, "helper", helpers_.back()->run());
  });
}

void ControlPlane::start() {
  lane_.post([this] {
    for (auto& [name, unit] : units_) unit->start();
    runtime::spawn(gate_, "tick", tick_loop());
    runtime::spawn(gate_, "look", look_loop());
  });
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "control");
    lane_.run();
  });
}

runtime::Task<void> ControlPlane::stop_all() {
  runtime::Gate stops;
  for (auto& helper : helpers_) helper->stop(grace_);
  for (auto& [name, unit] : units_) runtime::spawn(stops, "stop", unit->stop(grace_));
  auto stopped = stops.close();
  co_await stopped;
  stopping_.request();
  auto closing = gate_.close();
  co_await closing;
  if (resolver_ != nullptr) {
    auto ending = resolver_->stop();
    co_await ending;
  }
  lane_.stop();
}

void ControlPlane::stop() {
  if (!thread_.joinable()) return;
  runtime::Gate gate;
  lane_.post([this, &gate] { runtime::spawn(gate, "stop all", stop_all()); });
  thread_.join();
}

runtime::Task<void> ControlPlane::tick_loop() {
  base::Time next = lane_.now();
  for (;;) {
    tick();
    next += kTick;
    const auto wake = co_await runtime::sleep_until(lane_, base::Deadline(next), &stopping_);
    if (wake == runtime::Wake::cancelled) co_return;
  }
}

// Checks, breakers, slow starts: everything about the endpoints' fitness that time brings.
runtime::Task<void> ControlPlane::look_loop() {
  for (;;) {
    std::vector<control::HostChange> changes;
    registry_.tick(lane_.now(), changes);
    for (const control::HostChange& change : changes) control::log_change(log_, change);
    const auto services = registry_.facts();
    for (const auto& entry : services) {
      const auto unit = units_.find(entry.service->name);
      if (unit != units_.end()) unit->second->look(entry);
    }
    write_down(services);
    const auto wake = co_await runtime::sleep_for(lane_, control::HostOwner::kLook, &stopping_);
    if (wake == runtime::Wake::cancelled) co_return;
  }
}

// What retries and load-aware algorithms compare with: the last seconds of each service.
void ControlPlane::share_latency(const std::vector<control::ServiceEntry>& services) {
  const auto microseconds = [](base::Duration duration) {
    return static_cast<std::uint32_t>(duration / std::chrono::microseconds(1));
  };
  for (const auto& entry : services) {
    const observe::Track* track = collector_.service(entry.service->name);
    if (track == nullptr) continue;
    entry.service->p50_us.store(microseconds(track->rates().p50), std::memory_order_relaxed);
    entry.service->p95_us.store(microseconds(track->rates().p95), std::memory_order_relaxed);
    std::vector<std::uint32_t> costs;
    for (const auto& each : entry.endpoints) {
      const auto* endpoint = collector_.endpoint(entry.service->name, each.endpoint->name);
      if (endpoint != nullptr && endpoint->rates().p50 > base::Duration::zero()) {
        costs.push_back(microseconds(endpoint->rates().p50));
      }
    }
    share_scores(entry);
    if (costs.empty()) continue;
    std::ranges::nth_element(costs, costs.begin() + static_cast<std::ptrdiff_t>(costs.size() / 2));
    entry.service->median_cost_us.store(costs[costs.size() / 2], std::memory_order_relaxed);
  }
}

// For response_time: health scores of the last 10 s (the collector's window).
void ControlPlane::share_scores(const control::ServiceEntry& entry) {
  const bool is_wanted =
      std::ranges::count(entry.policy->arms, balance::Algorithm::response_time) > 0;
  if (!is_wanted) return;
  std::vector<balance::HealthFacts> facts;
  for (const auto& each : entry.endpoints) {
    balance::HealthFacts fact;
    const auto* track = collector_.endpoint(entry.service->name, each.endpoint->name);
    if (track != nullptr) {
      const auto& rates = track->rates();
      fact.attempts = static_cast<std::uint64_t>(rates.rps_10s * 10 + 0.5);
      fact.failures = static_cast<std::uint64_t>(rates.rps_10s * 10 * rates.error_ratio_10s + 0.5);
      fact.p95 = rates.p95;
    }
    const balance::BreakerState state = each.host.breaker.breaker.state;
    fact.breaker =
        state == balance::BreakerState::half_open ? balance::HealthFacts::Breaker::half_open
        : state == balance::BreakerState::open || state == balance::BreakerState::forced_open
            ? balance::HealthFacts::Breaker::open
            : balance::HealthFacts::Breaker::closed;
    facts.push_back(fact);
  }
  std::vector<double> scores(facts.size());
  balance::health_scores(facts, {}, scores);
  std::vector<std::pair<std::uint32_t, double>> by_id;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    by_id.emplace_back(entry.endpoints[i].endpoint->id, scores[i]);
  }
  registry_.set_scores(entry.service->name, by_id, lane_.now());
}

std::vector<observe::Subject> ControlPlane::subjects(
    const std::vector<control::ServiceEntry>& services) const {
  std::vector<observe::Subject> out;
  for (const auto& entry : services) {
    out.push_back({.kind = observe::SubjectKind::service,
                   .service = entry.service->name,
                   .traffic = &entry.service->traffic});
    for (const auto& each : entry.endpoints) {
      out.push_back({.kind = observe::SubjectKind::endpoint,
                     .service = entry.service->name,
                     .endpoint = each.endpoint->name,
                     .traffic = &each.endpoint->traffic,
                     .incarnation = each.endpoint->id});
    }
  }
  for (const OpenListener& listener : lanes_.listeners()) {
    out.push_back({.kind = observe::SubjectKind::listener,
                   .service = listener.name,
                   .listener = listener.traffic});
  }
  return out;
}

void ControlPlane::tick() {
  const auto services = registry_.facts();
  collector_.tick(lane_.now(), subjects(services));
  share_latency(services);
  const bool is_disturbed = lane_.now() < disturbed_until_;
  for (const auto& entry : services) {
    const auto unit = units_.find(entry.service->name);
    if (unit == units_.end()) continue;
    const observe::Track* track = collector_.service(entry.service->name);
    const base::Duration p95 = track != nullptr ? track->rates().p95 : base::Duration{};
    unit->second->second(entry, p95, is_disturbed);
  }
  LoadTable table = measure(services);
  if (records_ != nullptr) records_->second(services, table);
  const std::lock_guard lock(loads_mutex_);
  loads_ = std::move(table);
}

LoadTable ControlPlane::measure(const std::vector<control::ServiceEntry>& services) {
  LoadTable table;
  table.wall_ms = base::wall_ms();
  for (const auto& entry : services) {
    table.services[entry.service->name] = load_of(collector_.service(entry.service->name));
    const auto unit = units_.find(entry.service->name);
    if (unit != units_.end()) {
      table.arms[entry.service->name] = build_arms(unit->second->arms());
      table.units[entry.service->name] = facts_of(*unit->second);
    }
    for (const auto& each : entry.endpoints) {
      table.endpoints[each.endpoint->id].load =
          load_of(collector_.endpoint(entry.service->name, each.endpoint->name));
    }
  }
  for (const auto& [name, unit] : units_) {
    if (unit->processes() == nullptr) continue;
    for (const auto& child : unit->processes()->children()) {
      if (child.endpoint_id == 0) continue;
      EndpointLoad& endpoint = table.endpoints[child.endpoint_id];
      endpoint.rss_bytes = static_cast<std::uint64_t>(child.rss_bytes);
      endpoint.cpu_percent = child.cpu_percent;
    }
  }
  add_container_loads(table);
  for (const OpenListener& listener : lanes_.listeners()) {
    observe::ListenerView out;
    out.name = listener.name;
    out.address = listener.address.text();
    if (const auto* numbers = collector_.listener(listener.name)) {
      out.connections = numbers->totals.open;
      out.accepted = numbers->totals.accepted;
      out.refused = numbers->totals.refused;
      out.malformed = numbers->totals.malformed;
      out.accepted_per_second = numbers->accepted_per_second;
    }
    table.listeners.push_back(std::move(out));
  }
  const observe::ProcessFacts facts = observe::read_process_facts();
  table.all = load_of(&collector_.all());
  table.cpu_percent = (facts.cpu_seconds - cpu_seconds_before_) * 100;
  cpu_seconds_before_ = facts.cpu_seconds;
  table.rss_bytes = facts.resident_bytes;
  table.machine_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                        static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  table.uptime_seconds = base::to_ms(lane_.now() - started_) / 1000;
  return table;
}

}  // namespace weir::app
