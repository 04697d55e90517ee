#include "control/discovery_dns.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/spawn.hpp"

namespace weir::control {
namespace {

constexpr base::Duration kDnsSweepEvery = std::chrono::milliseconds(200);

}  // namespace

DiscoveryDns::DiscoveryDns(runtime::Lane& lane, net::Resolver& resolver, Registry& registry,
                           telemetry::Log& log, DnsSource source)
    : lane_(lane),
      resolver_(resolver),
      log_(log),
      source_(std::move(source)),
      label_(fmt::format("dns {}:{}", source_.name, source_.port)),
      set_(registry, log, label_) {}

void DiscoveryDns::start() {
  runtime::spawn(gate_, "dns discovery", run());
  runtime::spawn(gate_, "dns sweep", sweep());
}

runtime::Task<void> DiscoveryDns::stop() {
  stopping_.request();
  auto closing = gate_.close();
  co_await closing;
}

void DiscoveryDns::withdraw() { set_.remove_all("its source was taken out", lane_.now()); }

runtime::Task<void> DiscoveryDns::run() {
  base::Duration backoff = kBackoffMin;
  while (!stopping_.requested()) {
    auto resolving =
        resolver_.resolve(source_.name, source_.port, lane_.after(kAskTime), &stopping_);
    const auto found = co_await resolving;
    if (stopping_.requested()) co_return;
    base::Duration pause = backoff;
    if (found) {
      pause = apply(*found);
      backoff = kBackoffMin;
    } else {
      note_failure(found.error());
      backoff = std::min(backoff * 2, kBackoffMax);
    }
    co_await runtime::sleep_for(lane_, pause, &stopping_);
  }
}

// How long until the next question.
base::Duration DiscoveryDns::apply(const net::ResolvedSet& found) {
  const base::Time now = lane_.now();
  std::vector<PlanMember> members;
  for (const net::Address& address : found.addresses) {
    if (!address.is_unicast()) continue;
    const std::string text = address.text();
    members.push_back({text, text, source_.weight});
  }
  if (members.empty()) {
    note_failure(base::Error(base::Errc::bad_message,
                             fmt::format("'{}' has no address of a host", source_.name)));
    return kBackoffMax;
  }
  const MemberPlan plan = plan_members(churn_, set_.members(), members);
  note_ = plan.reason;
  for (const std::string& key : plan.leaves) set_.drain(key, now + source_.drain, now);
  for (const PlanMember& member : plan.joins) {
    if (set_.contains(member.key)) {  // it still drained
      set_.keep(member.key, now);
      continue;
    }
    const auto joined = set_.join({.plan = member,
                                   .service = source_.service,
                                   .name = member.address,
                                   .backup = source_.backup},
                                  cycles_ == 0, now);
    if (joined) {
      set_.set_ready(member.key, true, "eligible", "", now);
    } else {
      note_ = joined.error().detail();
    }
  }
  note_success();
  return plan.is_held ? net::Resolver::kTtlMin
                      : std::clamp(found.ttl, net::Resolver::kTtlMin, kTtlMax);
}

runtime::Task<void> DiscoveryDns::sweep() {
  for (;;) {
    const auto wake = co_await runtime::sleep_for(lane_, kDnsSweepEvery, &stopping_);
    if (wake == runtime::Wake::cancelled) co_return;
    set_.sweep(lane_.now());
  }
}

void DiscoveryDns::note_failure(const base::Error& error) {
  ++failures_;
  if (error_.empty()) {
    log_.warn("discovery",
              {{"source", label_}, {"service", source_.service}, {"endpoints", set_.size()}},
              "{}; what was found before stays", error.detail());
  }
  error_ = error.detail();
}

void DiscoveryDns::note_success() {
  ++cycles_;
  if (error_.empty()) return;
  log_.info("discovery",
            {{"source", label_}, {"service", source_.service}, {"endpoints", set_.size()}},
            "the name resolves again");
  error_.clear();
}

DiscoveryView DiscoveryDns::view() const {
  DiscoveryView out{.source = label_,
                    .state = "ok",
                    .error = error_,
                    .note = note_,
                    .cycles = cycles_,
                    .failures = failures_,
                    .members = {}};
  if (cycles_ == 0) out.state = "starting";
  if (!error_.empty()) out.state = "failing";
  for (const PlanMember& member : set_.all()) {
    out.members.push_back({.name = member.address,
                           .key = member.key,
                           .service = source_.service,
                           .kind = "http",
                           .address = member.address,
                           .weight = member.weight,
                           .endpoint_id = set_.endpoint_id(member.key),
                           .state = set_.is_draining(member.key) ? "draining" : "in",
                           .reason = {}});
  }
  return out;
}

}  // namespace weir::control
