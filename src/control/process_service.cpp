#include "control/process_service.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "control/host_owner.hpp"
#include "http/fetch.hpp"
#include "net/listener.hpp"
#include "runtime/spawn.hpp"
#include "scaling/pick_leavers.hpp"

namespace weir::control {
namespace {

constexpr base::Duration kProbeEvery = std::chrono::milliseconds(25);
constexpr base::Duration kProbeTimeout = std::chrono::seconds(1);
constexpr base::Duration kEligibleTime = std::chrono::seconds(10);
// After the drain a process has nothing more to do.
constexpr base::Duration kRetireGrace = std::chrono::seconds(5);
constexpr std::string_view kPortMark = "{port}";

std::string replace_port(std::string text, std::uint16_t port) {
  const std::size_t at = text.find(kPortMark);
  if (at != std::string::npos) text.replace(at, kPortMark.size(), std::to_string(port));
  return text;
}

std::uint16_t free_port() {
  const auto found = net::probe_bind(net::Address::parse("127.0.0.1:0").value());
  return found ? found->port() : 0;
}

}  // namespace

ProcessService::ProcessService(http::LaneContext& context, Registry& registry, telemetry::Log& log,
                               std::string service, config::Process settings)
    : context_(context),
      registry_(registry),
      log_(log),
      service_(std::move(service)),
      settings_(std::move(settings)),
      wanted_(settings_.replicas) {}

supervise::ChildSpec ProcessService::make_spec(std::size_t index, std::uint16_t& given_port) const {
  supervise::ChildSpec spec;
  spec.name = fmt::format("{}-{}", service_, index + 1);
  spec.command = settings_.command;
  if (!settings_.instances.empty()) {
    const auto& extra = settings_.instances[index % settings_.instances.size()];
    spec.command.insert(spec.command.end(), extra.begin(), extra.end());
  }
  for (std::string& argument : spec.command) {
    if (argument.find(kPortMark) == std::string::npos) continue;
    if (given_port == 0) given_port = free_port();
    argument = replace_port(argument, given_port);
  }
  for (const config::Variable& variable : settings_.environment) {
    spec.environment.emplace_back(variable.name, variable.value);
  }
  spec.environment.emplace_back("WEIR_INSTANCE", std::to_string(index + 1));
  return spec;
}

void ProcessService::start() {
  if (running_) return;
  running_ = true;
  gate_ = std::make_unique<runtime::Gate>();
  stopping_ = std::make_unique<runtime::CancelSource>();
  members_.clear();
  for (std::uint32_t i = 0; i < wanted_; ++i) add_member(i);
}

void ProcessService::add_member(std::uint32_t index) {
  std::uint16_t given_port = 0;
  supervise::ChildSpec spec = make_spec(index, given_port);
  const std::string name = spec.name;
  Member& member = members_[name];
  member.endpoint_name = name;
  member.index = index;
  member.given_port = given_port;
  member.child =
      std::make_unique<supervise::Child>(context_.lane, std::move(spec), *output_, *this);
  runtime::spawn(*gate_, "child", live(name));
}

runtime::Task<void> ProcessService::live(std::string child) {
  auto running = members_[child].child->run();
  co_await running;
  members_[child].has_ended = true;
}

std::uint32_t ProcessService::first_free_index() const {
  for (std::uint32_t index = 0;; ++index) {
    const auto has = [index](const auto& each) { return each.second.index == index; };
    if (std::ranges::none_of(members_, has)) return index;
  }
}

void ProcessService::scale_to(std::uint32_t wanted, base::Duration drain) {
  WEIR_ASSERT(wanted >= 1);
  const std::uint32_t before = std::exchange(wanted_, wanted);
  if (!running_ || stopping_->requested()) return;
  for (std::uint32_t i = before; i < wanted; ++i) {
    restarted_ = true;  // who joins a service under traffic starts slowly
    add_member(first_free_index());
  }
  if (wanted >= before) return;
  std::vector<scaling::Candidate> candidates;
  for (const auto& [name, member] : members_) {
    candidates.push_back({member.index, member.joined, member.is_leaving});
  }
  for (const std::uint32_t index : scaling::pick_leavers(candidates, before - wanted)) {
    for (auto& [name, member] : members_) {
      if (member.index != index) continue;
      member.is_leaving = true;
      runtime::spawn(*gate_, "retire", retire(name, drain));
    }
  }
}

// No new exchange, what is under way ends, then the process does.
runtime::Task<void> ProcessService::retire(std::string child, base::Duration drain) {
  const base::Deadline until = context_.lane.after(drain);
  if (members_[child].endpoint_id != 0) {
    std::vector<HostChange> changes;
    registry_.apply(members_[child].endpoint_id,
                    balance::host_event::MembershipSet{.to = balance::Membership::draining,
                                                       .cause = balance::MemberCause::scale_down,
                                                       .closes_at = until.at()},
                    context_.lane.now(), &changes);
    for (const HostChange& change : changes) log_change(log_, change);
  }
  for (;;) {
    const bool is_idle = registry_.in_flight(members_[child].endpoint_id) == 0;
    if (is_idle || until.expired(context_.lane.now())) break;
    const auto wake = co_await runtime::sleep_for(context_.lane, kProbeEvery, stopping_.get());
    if (wake == runtime::Wake::cancelled) co_return;
  }
  Member& member = members_[child];
  if (member.endpoint_id != 0) {
    registry_.remove_endpoint(std::exchange(member.endpoint_id, 0), context_.lane.now());
  }
  member.child->stop(kRetireGrace);
  while (!members_[child].has_ended) co_await runtime::sleep_for(context_.lane, kProbeEvery);
  members_.erase(child);
  log_.info("control", {{"service", service_}, {"endpoint", child}}, "endpoint has left");
}

void ProcessService::change(config::Process settings, base::Duration grace) {
  const bool is_other = settings.command != settings_.command ||
                        settings.environment != settings_.environment ||
                        settings.instances != settings_.instances;
  settings_ = std::move(settings);
  if (is_other && running_ && !stopping_->requested()) {
    runtime::spawn(*gate_, "replace", replace_all(grace));
  }
}

// The old command's children leave one by one, each after its successor has joined.
runtime::Task<void> ProcessService::replace_all(base::Duration grace) {
  std::vector<std::string> names;
  for (const auto& [name, member] : members_) {
    if (!member.is_leaving) names.push_back(name);
  }
  for (const std::string& name : names) {
    if (stopping_->requested()) co_return;
    restarted_ = true;
    const std::uint32_t index = first_free_index();
    add_member(index);
    auto waiting = wait_member(fmt::format("{}-{}", service_, index + 1));
    const auto joined = co_await waiting;
    if (!joined) {
      log_.warn("control", {{"service", service_}}, "{}; the old processes stay",
                joined.error().detail());
      members_[fmt::format("{}-{}", service_, index + 1)].is_leaving = true;
      auto giving_up = retire(fmt::format("{}-{}", service_, index + 1), base::Duration::zero());
      co_await giving_up;
      co_return;
    }
    const auto old = members_.find(name);
    if (old == members_.end() || old->second.is_leaving) continue;
    old->second.is_leaving = true;
    auto leaving = retire(name, grace);
    co_await leaving;
  }
}

runtime::Task<void> ProcessService::stop(base::Duration grace) {
  if (!running_) co_return;
  if (stopping_->requested()) {  // somebody stops it already: wait with them
    while (running_) co_await runtime::sleep_for(context_.lane, kProbeEvery);
    co_return;
  }
  stopping_->request();
  // Endpoints leave before their processes do: nobody is sent to a listener that is closing.
  for (auto& [name, member] : members_) {
    if (member.endpoint_id != 0) {
      registry_.set_ready(member.endpoint_id, false, "stopped", "stopped by the operator",
                          context_.lane.now());
    }
  }
  for (auto& [name, member] : members_) member.child->stop(grace);
  auto closing = gate_->close();
  co_await closing;
  running_ = false;
}

runtime::Task<base::Result<void>> ProcessService::restart(base::Duration grace) {
  if (!running_ || stopping_->requested()) {
    co_return base::fail(base::Errc::conflict, service_ + " is stopped; start it");
  }
  restarted_ = true;
  std::vector<std::string> names;
  for (const auto& [name, member] : members_) names.push_back(name);
  for (const std::string& name : names) {
    const auto found = members_.find(name);
    if (found == members_.end() || found->second.is_leaving) continue;
    Member& member = found->second;
    if (member.endpoint_id != 0) {
      registry_.set_ready(member.endpoint_id, false, "stopped", "restarted by the operator",
                          context_.lane.now());
      registry_.remove_endpoint(std::exchange(member.endpoint_id, 0), context_.lane.now());
    }
    ++member.life;  // a probe of the ending life is void
    member.child->restart(grace);
    auto waiting = wait_member(name);
    WEIR_CO_CHECK(co_await waiting);
  }
  co_return base::Result<void>();
}

runtime::Task<base::Result<void>> ProcessService::wait_member(std::string child) {
  const base::Deadline deadline = context_.lane.after(kEligibleTime);
  for (;;) {
    const auto found = members_.find(child);
    if (found == members_.end() || found->second.is_leaving) co_return base::Result<void>();
    if (found->second.endpoint_id != 0) co_return base::Result<void>();
    if (deadline.expired(context_.lane.now())) {
      co_return base::fail(base::Errc::deadline,
                           child + " did not become ready; see weir logs " + service_);
    }
    const auto wake = co_await runtime::sleep_for(context_.lane, kProbeEvery, stopping_.get());
    if (wake == runtime::Wake::cancelled) co_return base::fail(base::Errc::cancelled);
  }
}

runtime::Task<base::Result<void>> ProcessService::wait_eligible() {
  std::vector<std::string> names;
  for (const auto& [name, member] : members_) names.push_back(name);
  for (const std::string& name : names) {
    auto waiting = wait_member(name);
    WEIR_CO_CHECK(co_await waiting);
  }
  co_return base::Result<void>();
}

void ProcessService::started(const std::string& child, pid_t pid) {
  Member& member = members_[child];
  ++member.life;
  log_.info("supervise", {{"service", service_}, {"child", child}, {"pid", pid}}, "started");
  // A foreign program has no control socket: it is probed until it listens.
  if (member.given_port != 0) {
    runtime::spawn(*gate_, "probe", probe(child, member.life, member.given_port));
  }
}

void ProcessService::ready(const std::string& child, std::uint16_t port) {
  Member& member = members_[child];
  if (port != 0) runtime::spawn(*gate_, "probe", probe(child, member.life, port));
}

runtime::Task<bool> ProcessService::answers(http::ClientPool& pool, base::Deadline deadline) {
  if (settings_.ready.empty()) {
    auto connecting = pool.connect(deadline);
    const auto connected = co_await connecting;
    co_return connected.has_value();
  }
  http::FetchRequest request;
  request.target = settings_.ready;
  request.host = pool.address().text();
  request.fields.emplace_back("User-Agent", "weir-probe");
  request.fields.emplace_back("Connection", "close");
  auto fetching = http::fetch(context_, pool, std::move(request), deadline);
  const auto fetched = co_await fetching;
  co_return fetched && fetched->status >= 200 && fetched->status < 400;
}

runtime::Task<void> ProcessService::probe(std::string child, std::uint64_t life,
                                          std::uint16_t port) {
  const std::string address = fmt::format("127.0.0.1:{}", port);
  http::ClientPool pool(context_, connector_, net::Address::parse(address).value());
  for (;;) {
    auto asking = answers(pool, context_.lane.after(kProbeTimeout));
    const bool answered = co_await asking;
    const auto found = members_.find(child);
    if (found == members_.end() || found->second.life != life || stopping_->requested()) co_return;
    if (answered) break;
    const auto wake = co_await runtime::sleep_for(context_.lane, kProbeEvery, stopping_.get());
    if (wake == runtime::Wake::cancelled) co_return;
  }
  Member& member = members_[child];
  if (member.is_leaving) co_return;
  if (member.endpoint_id != 0) co_return;  // the other probe of this life was first
  const auto added = registry_.add_endpoint({.service = service_,
                                             .name = member.endpoint_name,
                                             .address = address,
                                             .pid = member.child->pid(),
                                             .is_proven = true,
                                             .at_start = member.restarts == 0 && !restarted_},
                                            context_.lane.now());
  if (!added) co_return;
  member.endpoint_id = (*added)->id;
  member.joined = context_.lane.now();
  registry_.set_ready(member.endpoint_id, true, "eligible", "", context_.lane.now());
  log_.info("control", {{"service", service_}, {"endpoint", child}, {"address", address}},
            "endpoint joins");
}

void ProcessService::facts(const std::string& child, const base::json::value& facts) {
  if (!facts.is_object()) return;
  Member& member = members_[child];
  const auto& object = facts.get_object();
  if (const auto* rss = object.if_contains("rssBytes"); rss != nullptr && rss->is_int64()) {
    member.rss_bytes = rss->get_int64();
  }
  if (const auto* cpu = object.if_contains("cpuPercent"); cpu != nullptr && cpu->is_number()) {
    member.cpu_percent = cpu->to_number<double>();
  }
}

void ProcessService::ended(const std::string& child, const std::string& how, base::Duration pause,
                           bool failing) {
  Member& member = members_[child];
  if (member.endpoint_id != 0)
    registry_.remove_endpoint(std::exchange(member.endpoint_id, 0), context_.lane.now());
  ++member.life;
  member.rss_bytes = 0;
  member.cpu_percent = 0;
  if (pause < base::Duration::zero()) {
    log_.info("supervise", {{"service", service_}, {"child", child}}, "stopped: {}", how);
    return;
  }
  ++member.restarts;
  log_.warn("supervise", {{"service", service_}, {"child", child}, {"failing", failing}},
            "{}; starts again in {}", how, base::format_duration(pause));
}

std::vector<ScaledMember> ProcessService::members() const {
  std::vector<ScaledMember> out;
  for (const auto& [name, member] : members_) {
    if (member.is_leaving) continue;
    ScaledMember each{member.endpoint_id, member.joined, std::nullopt};
    if (member.endpoint_id != 0) each.cpu_share = member.cpu_percent / 100;
    out.push_back(each);
  }
  return out;
}

std::vector<ChildView> ProcessService::children() const {
  std::vector<ChildView> out;
  for (const auto& [name, member] : members_) {
    ChildView view;
    view.name = name;
    view.state = supervise::name(member.child->state());
    view.pid = member.child->pid();
    view.endpoint_id = member.endpoint_id;
    view.rss_bytes = member.rss_bytes;
    view.cpu_percent = member.cpu_percent;
    view.restarts = member.restarts;
    view.is_leaving = member.is_leaving;
    view.joined = member.joined;
    out.push_back(std::move(view));
  }
  return out;
}

}  // namespace weir::control
