#include "control/docker_fleet.hpp"

#include <fmt/format.h>

namespace weir::control {
namespace {

constexpr std::size_t kShortIdShown = 12;

std::string key_of_member(const DockerMember& member) {
  return member.id + "@" + member.started_at;
}

}  // namespace

DockerFleet::DockerFleet(Registry& registry, telemetry::Log& log, DockerSource source)
    : source_(std::move(source)), set_(registry, log, "docker " + source_.label) {}

DockerFleet::Known* DockerFleet::know(const DockerEvent& event) {
  const auto found = known_.find(event.container);
  if (found != known_.end()) return &found->second;
  if (!matches_label(event.labels, source_.label)) return nullptr;
  if (known_.size() >= kKnownMax) {
    is_lost_ = true;
    return nullptr;
  }
  Known& known = known_[event.container];
  known.member.id = event.container;
  return &known;
}

void DockerFleet::on_event(const DockerEvent& event, base::Time now) {
  if (event.action == DockerAction::other) return;
  Known* const known = know(event);
  if (known == nullptr) return;
  switch (event.action) {
    case DockerAction::die:
    case DockerAction::destroy:
      take_away(*known, "its container has ended", now);
      known->member.standing = DockerStanding::gone;
      break;
    case DockerAction::stopping:
      known->stopping_until = now + kStopTime;
      put_out(*known, "stopping", "its container was asked to end", now);
      break;
    case DockerAction::pause:
      put_out(*known, "paused", "its container is paused", now);
      break;
    case DockerAction::unhealthy:
      put_out(*known, "unhealthy", "its container's own health check fails", now);
      break;
    case DockerAction::disconnect:
      if (!source_.network.empty() && event.network != source_.network) return;
      put_out(*known, "disconnected",
              fmt::format("it was disconnected from network {}", event.network), now);
      pending_.insert(event.container);  // it may be on another one
      break;
    default:
      pending_.insert(event.container);
      return;
  }
  ++known->news;
}

std::uint64_t DockerFleet::news_of(const std::string& id) const {
  const auto found = known_.find(id);
  return found == known_.end() ? 0 : found->second.news;
}

void DockerFleet::put_out(Known& known, std::string_view state, std::string reason,
                          base::Time now) {
  known.probe = 0;
  if (known.member.standing == DockerStanding::in) known.member.standing = DockerStanding::out;
  known.member.state = state;
  known.member.reason = std::move(reason);
  set_.set_ready(known.key, false, known.member.state, known.member.reason, now);
}

void DockerFleet::take_away(Known& known, std::string_view reason, base::Time now) {
  known.probe = 0;
  set_.remove(known.key, reason, now);
}

void DockerFleet::on_inspected(const std::string& id, const DockerContainer* container,
                               std::uint64_t news, base::Time now) {
  if (known_.size() >= kKnownMax && !known_.contains(id)) return;
  Known& known = known_[id];
  if (known.news != news) {  // it may tell of the time before
    pending_.insert(id);
    return;
  }
  known.cycle = cycle_;
  if (container == nullptr) {
    take_away(known, "its container is gone", now);
    known.member.standing = DockerStanding::gone;
    return;
  }
  known.member = judge_docker(*container, source_);
  const std::string key = key_of_member(known.member);
  if (known.key != key) {
    take_away(known, "its container was started again", now);
    known.key = key;
    known.stopping_until = {};
  }
  switch (known.member.standing) {
    case DockerStanding::gone:
      return take_away(known, known.member.reason, now);
    case DockerStanding::out:
      return put_out(known, known.member.state, std::move(known.member.reason), now);
    case DockerStanding::in:
      return put_in(known, now);
  }
}

void DockerFleet::put_in(Known& known, base::Time now) {
  if (now < known.stopping_until) {
    return put_out(known, "stopping", "its container was asked to end", now);
  }
  const DockerMember& member = known.member;
  if (member.kind == DockerKind::sql) return;
  const DiscoveredMember wanted{.plan = {known.key, member.address, member.weight},
                                .service = member.service,
                                .name = member.name};
  if (const PlanMember* is = set_.find(known.key); is != nullptr && *is != wanted.plan) {
    take_away(known, "its address changed", now);
  }
  if (set_.contains(known.key)) {
    set_.keep(known.key, now);
    if (set_.is_ready(known.key)) return;
  } else if (const auto joined = set_.join(wanted, !is_listed_, now); !joined) {
    known.member.standing = DockerStanding::out;
    known.member.state = "not added";
    known.member.reason = joined.error().detail();
    return;
  }
  if (known.probe != 0) return;
  known.probe = ++probes_begun_;
  probes_.push_back({member.id, known.probe, member.address});
}

bool DockerFleet::is_wanted(const Probe& probe) const {
  const auto found = known_.find(probe.id);
  return found != known_.end() && found->second.probe == probe.number;
}

void DockerFleet::on_accepting(const std::string& id, std::uint64_t probe, base::Time now) {
  const auto found = known_.find(id);
  if (found == known_.end() || found->second.probe != probe) return;
  found->second.probe = 0;
  set_.set_ready(found->second.key, true, "eligible", "", now);
}

bool DockerFleet::on_listed(const std::set<std::string>& ids, bool is_whole, base::Time now) {
  is_listed_ = true;
  note_.clear();
  if (!is_whole) {
    note_ = "some containers could not be read, so none is taken for gone";
    return false;
  }
  const auto is_seen = [&](const std::string& id, const Known& known) {
    return ids.contains(id) || known.cycle == cycle_;
  };
  std::vector<PlanMember> found;
  for (const auto& [id, known] : known_) {
    if (!is_seen(id, known)) continue;
    if (const PlanMember* member = set_.find(known.key)) found.push_back(*member);
  }
  const MemberPlan plan = plan_members(churn_, set_.members(), found);
  note_ = plan.reason;
  for (const std::string& key : plan.leaves) set_.drain(key, now + source_.drain, now);
  std::erase_if(known_, [&](const auto& each) {
    return !is_seen(each.first, each.second) && !set_.contains(each.second.key) &&
           !pending_.contains(each.first);
  });
  return plan.is_held;
}

std::optional<std::string> DockerFleet::take_pending() {
  if (pending_.empty()) return std::nullopt;
  return std::move(pending_.extract(pending_.begin()).value());
}

std::vector<DiscoveredView> DockerFleet::view() const {
  std::vector<DiscoveredView> out;
  for (const auto& [id, known] : known_) {
    const DockerMember& member = known.member;
    const bool is_added = set_.contains(known.key);
    if (member.standing == DockerStanding::gone && !is_added) continue;
    DiscoveredView view{.name = member.name,
                        .key = id.substr(0, kShortIdShown),
                        .service = member.service,
                        .kind = member.kind == DockerKind::sql ? "sql" : "http",
                        .address = member.address,
                        .weight = member.weight,
                        .endpoint_id = set_.endpoint_id(known.key),
                        .state = member.state,
                        .reason = member.reason,
                        .container = {.id = id,
                                      .pid = member.pid,
                                      .is_managed = member.is_managed,
                                      .cpu_share = std::nullopt}};
    if (member.standing == DockerStanding::in) view.state = known.probe != 0 ? "joining" : "in";
    if (set_.is_draining(known.key)) view.state = "draining";
    out.push_back(std::move(view));
  }
  return out;
}

}  // namespace weir::control
