#include "control/docker_scale.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "control/docker_create.hpp"
#include "control/host_owner.hpp"
#include "runtime/spawn.hpp"

namespace weir::control {
namespace {

constexpr base::Duration kEngineTime = std::chrono::seconds(30);
constexpr base::Duration kStopGrace = std::chrono::seconds(5);
constexpr base::Duration kDrainLook = std::chrono::milliseconds(25);
// An engine starts a container in half a second; discovery sees it at once.
constexpr base::Duration kSettle = std::chrono::seconds(10);

bool is_present(const DiscoveredView& member) noexcept {
  return member.kind == "http" && member.endpoint_id != 0 && member.state != "draining";
}

}  // namespace

DockerScale::DockerScale(runtime::Lane& lane, DockerClient& client, DiscoveryDocker& discovery,
                         Registry& registry, telemetry::Log& log, DockerSource source)
    : lane_(lane),
      client_(client),
      discovery_(discovery),
      registry_(registry),
      log_(log),
      source_(std::move(source)),
      rng_(static_cast<std::uint64_t>(base::wall_ms())) {}

std::uint32_t DockerScale::present() const {
  const DiscoveryView view = discovery_.view();
  return static_cast<std::uint32_t>(std::ranges::count_if(view.members, is_present));
}

std::uint32_t DockerScale::wanted() const noexcept {
  if (under_way_ > 0 || lane_.now() < settled_at_) return target_;
  return present();
}

std::vector<ScaledMember> DockerScale::members() const {
  std::vector<ScaledMember> out;
  std::map<std::string, base::Time> seen;
  for (const DiscoveredView& each : discovery_.view().members) {
    if (!is_present(each)) continue;
    const auto known = seen_.find(each.key);
    const base::Time since = known == seen_.end() ? lane_.now() : known->second;
    seen.emplace(each.key, since);
    out.push_back({each.endpoint_id, since, std::nullopt});
  }
  seen_ = std::move(seen);
  return out;
}

std::string DockerScale::obstacle() const {
  if (under_way_ > 0) return source_.service + " is being scaled";
  const DiscoveryView view = discovery_.view();
  if (view.state == "failing") return "the Docker engine does not answer: " + view.error;
  if (std::ranges::none_of(view.members, is_present)) {
    return source_.service + " has no container that could be copied; start one by hand";
  }
  return {};
}

void DockerScale::scale_to(std::uint32_t wanted, base::Duration drain) {
  const std::uint32_t before = this->wanted();
  target_ = wanted;
  settled_at_ = lane_.now() + kSettle;
  if (wanted < before) {
    ++under_way_;
    runtime::spawn(gate_, "scale down", shrink(before - wanted, drain));
    return;
  }
  const DiscoveryView view = discovery_.view();
  const auto model = std::ranges::find_if(view.members, is_present);
  if (model == view.members.end()) return;
  for (std::uint32_t i = before; i < wanted; ++i) {
    ++under_way_;
    runtime::spawn(gate_, "scale up", grow(model->key));
  }
}

runtime::Task<void> DockerScale::grow(std::string model) {
  auto copying = copy(std::move(model));
  const auto done = co_await copying;
  --under_way_;
  settled_at_ = lane_.now() + kSettle;
  if (!done) {
    settled_at_ = lane_.now();
    log_.error("scaler", {{"service", source_.service}}, "no new container: {}",
               done.error().detail());
  }
}

runtime::Task<base::Result<void>> DockerScale::copy(std::string model) {
  const base::Deadline deadline = lane_.after(kEngineTime);
  auto inspecting = client_.inspect_whole(std::move(model), deadline);
  WEIR_CO_TRY(const base::json::value whole, co_await inspecting);
  const DockerCreateOptions options{
      .service = source_.service, .label = source_.label, .network = source_.network};
  WEIR_CO_TRY(DockerCreate wanted, docker_create_body(whole, options));
  const std::string name =
      fmt::format("weir-{}-{:08x}", source_.service, static_cast<std::uint32_t>(rng_.next()));
  auto creating = client_.create(name, std::move(wanted.body), deadline);
  WEIR_CO_TRY(const std::string id, co_await creating);
  auto starting = client_.start(id, deadline);
  const auto started = co_await starting;
  if (started) {
    log_.info("scaler", {{"service", source_.service}, {"container", name}}, "container started");
    co_return base::Result<void>();
  }
  auto removing = client_.remove(id, lane_.after(kEngineTime));
  [[maybe_unused]] const auto removed = co_await removing;
  co_return started;
}

// Those that weir made, the newest first; others are nobody's to remove.
runtime::Task<void> DockerScale::shrink(std::uint32_t count, base::Duration drain) {
  std::vector<std::pair<base::Time, DiscoveredView>> members;
  for (const DiscoveredView& each : discovery_.view().members) {
    if (!is_present(each)) continue;
    const auto known = seen_.find(each.key);
    members.emplace_back(known == seen_.end() ? lane_.now() : known->second, each);
  }
  std::ranges::stable_sort(members, std::greater<>(), [](const auto& each) { return each.first; });
  std::uint32_t left = count;
  for (const auto& each : members) {
    const DiscoveredView& member = each.second;
    if (left == 0) break;
    auto inspecting = client_.inspect(member.key, lane_.after(kEngineTime));
    const auto container = co_await inspecting;
    if (!container || !matches_label(container->labels, fmt::format("{}={}", kDockerManagedLabel,
                                                                    kDockerManagedValue))) {
      continue;
    }
    --left;
    ++under_way_;
    runtime::spawn(gate_, "retire", retire(member.key, member.endpoint_id, drain));
  }
  --under_way_;
  settled_at_ = lane_.now() + drain + kSettle;
  if (left == 0) co_return;
  target_ += left;
  log_.warn("scaler", {{"service", source_.service}},
            "{} of {} containers stay: weir removes only those that it made", left, count);
}

runtime::Task<void> DockerScale::retire(std::string id, std::uint32_t endpoint_id,
                                        base::Duration drain) {
  const base::Deadline until = lane_.after(drain);
  std::vector<HostChange> changes;
  registry_.apply(endpoint_id,
                  balance::host_event::MembershipSet{.to = balance::Membership::draining,
                                                     .cause = balance::MemberCause::scale_down,
                                                     .closes_at = until.at()},
                  lane_.now(), &changes);
  for (const HostChange& each : changes) log_change(log_, each);
  while (registry_.in_flight(endpoint_id) > 0 && !until.expired(lane_.now())) {
    const auto wake = co_await runtime::sleep_for(lane_, kDrainLook, &stopping_);
    if (wake == runtime::Wake::cancelled) break;
  }
  auto stopping = client_.stop(id, kStopGrace, lane_.after(kEngineTime));
  const auto stopped = co_await stopping;
  auto removing = client_.remove(id, lane_.after(kEngineTime));
  const auto removed = co_await removing;
  --under_way_;
  settled_at_ = lane_.now();
  if (!stopped || !removed) {
    log_.error("scaler", {{"service", source_.service}, {"container", id}}, "it stays: {}",
               (!stopped ? stopped.error() : removed.error()).detail());
  }
}

runtime::Task<void> DockerScale::stop() {
  stopping_.request();
  auto closing = gate_.close();
  co_await closing;
}

}  // namespace weir::control
