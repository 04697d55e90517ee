#include "control/docker_scale.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "control/docker_create.hpp"
#include "control/host_owner.hpp"
#include "runtime/spawn.hpp"

namespace weir::control {
namespace {

constexpr base::Duration kEngineTime = std::chrono::seconds(15);
constexpr base::Duration kStopGrace = std::chrono::seconds(5);
constexpr base::Duration kDrainLook = std::chrono::milliseconds(25);
// Discovery sees a start at once. One that it has not seen by then has ended, or was ended.
constexpr base::Duration kUnseenMax = std::chrono::seconds(10);
constexpr unsigned kModelsTried = 3;

bool is_serving(const DiscoveredView& member) noexcept { return member.state == "in"; }

// The engine did not say whether it has done what it was asked for.
bool is_unanswered(base::Errc code) noexcept {
  return code == base::Errc::deadline || code == base::Errc::closed || code == base::Errc::reset ||
         code == base::Errc::bad_message || code == base::Errc::too_large;
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

// One whose own health check has not passed yet has no endpoint, and counts: it will.
bool DockerScale::is_present(const DiscoveredView& member) const {
  return member.kind == "http" && (member.endpoint_id != 0 || member.state == "starting") &&
         member.state != "draining" && !leaving_.contains(member.container.id);
}

std::vector<DiscoveredView> DockerScale::present() const {
  std::vector<DiscoveredView> out = discovery_.view().members;
  for (const DiscoveredView& each : out) started_.erase(each.container.id);
  std::erase_if(out, [&](const DiscoveredView& each) { return !is_present(each); });
  return out;
}

// Once one has been seen, what is seen of it counts.
std::uint32_t DockerScale::coming() const {
  std::erase_if(started_, [&](const auto& each) { return each.second <= lane_.now(); });
  return creating_ + static_cast<std::uint32_t>(started_.size());
}

std::uint32_t DockerScale::wanted() const noexcept {
  const auto seen = static_cast<std::uint32_t>(present().size());
  return seen + coming();
}

std::vector<ScaledMember> DockerScale::members() const {
  std::vector<ScaledMember> out;
  std::map<std::string, base::Time> seen;
  for (const DiscoveredView& each : present()) {
    const auto known = seen_.find(each.container.id);
    const base::Time since = known == seen_.end() ? lane_.now() : known->second;
    seen.emplace(each.container.id, since);
    out.push_back({each.endpoint_id, since, each.container.cpu_share});
  }
  seen_ = std::move(seen);
  return out;
}

std::string DockerScale::obstacle() const {
  const DiscoveryView view = discovery_.view();
  if (view.state == "failing") return "the Docker engine does not answer: " + view.error;
  const bool has_none = present().empty();
  if (const std::uint32_t more = coming(); more > 0) {
    return fmt::format("{} is being scaled: {} more {} starting", source_.service, more,
                       more == 1 ? "container is" : "containers are");
  }
  if (has_none) {
    return source_.service + " has no container that could be copied; start one by hand";
  }
  return {};
}

std::uint32_t DockerScale::least() const {
  return static_cast<std::uint32_t>(std::ranges::count_if(
      present(), [](const DiscoveredView& each) { return !each.container.is_managed; }));
}

void DockerScale::scale_to(std::uint32_t wanted, base::Duration drain) {
  members();  // whoever is there has been seen now
  std::vector<DiscoveredView> own = present();
  const auto before = static_cast<std::uint32_t>(own.size()) + coming();
  for (std::uint32_t i = before; i < wanted; ++i) {
    ++creating_;
    runtime::spawn(gate_, "scale up", grow());
  }
  if (wanted >= before) return;
  std::erase_if(own, [](const DiscoveredView& each) { return !each.container.is_managed; });
  // Who serves nobody leaves first, then the newest.
  std::ranges::stable_sort(own, std::greater<>(), [&](const DiscoveredView& each) {
    return std::pair(!is_serving(each), seen_[each.container.id]);
  });
  own.resize(std::min<std::size_t>(own.size(), before - wanted));
  for (DiscoveredView& each : own) {
    leaving_.insert(each.container.id);
    runtime::spawn(gate_, "scale down", shrink(std::move(each), drain));
  }
}

// A container to copy, none of those that are `gone`; empty: there is none.
std::string DockerScale::find_model(const std::set<std::string>& gone) const {
  std::vector<DiscoveredView> seen = present();
  std::erase_if(seen, [&](const DiscoveredView& each) { return gone.contains(each.container.id); });
  auto found = std::ranges::find_if(seen, is_serving);
  if (found == seen.end()) found = seen.begin();
  return found == seen.end() ? std::string() : found->container.id;
}

runtime::Task<void> DockerScale::grow() {
  base::Result<void> done = base::fail(base::Errc::not_found, "there is none to copy");
  std::set<std::string> gone;
  for (unsigned i = 0; i < kModelsTried; ++i) {
    const std::string model = find_model(gone);
    if (model.empty()) break;
    auto copying = copy(model);
    done = co_await copying;
    if (done || done.error().code() != base::Errc::not_found) break;
    gone.insert(model);
  }
  --creating_;
  if (done) co_return;
  log_.error("scaler", {{"service", source_.service}}, "no new container: {}",
             done.error().detail());
}

runtime::Task<base::Result<void>> DockerScale::copy(std::string model) {
  auto inspecting = client_.inspect_whole(std::move(model), lane_.after(kEngineTime));
  WEIR_CO_TRY(const base::json::value whole, co_await inspecting);
  const DockerCreateOptions options{
      .service = source_.service, .label = source_.label, .network = source_.network};
  WEIR_CO_TRY(DockerCreate wanted, docker_create_body(whole, options));
  const std::string name =
      fmt::format("weir-{}-{:08x}", source_.service, static_cast<std::uint32_t>(rng_.next()));
  auto creating = create(name, std::move(wanted.body));
  WEIR_CO_TRY(const std::string id, co_await creating);
  auto starting = client_.start(id, lane_.after(kEngineTime));
  const auto started = co_await starting;
  if (started) {
    started_[id] = lane_.now() + kUnseenMax;
    log_.info("scaler", {{"service", source_.service}, {"container", name}}, "container started");
    if (!wanted.left_out.empty()) {
      log_.warn("scaler", {{"service", source_.service}, {"container", name}},
                "the copy goes without what its model has: {}", fmt::join(wanted.left_out, ", "));
    }
    co_return base::Result<void>();
  }
  auto removing = client_.remove(id, lane_.after(kEngineTime));
  [[maybe_unused]] const auto removed = co_await removing;
  co_return started;
}

// Returns its id. When the engine gives no answer, what it may have made is taken away: nobody else
// has a container of that name.
runtime::Task<base::Result<std::string>> DockerScale::create(const std::string& name,
                                                             std::string body) {
  auto creating = client_.create(name, std::move(body), lane_.after(kEngineTime));
  auto created = co_await creating;
  if (created || !is_unanswered(created.error().code())) co_return created;
  auto inspecting = client_.inspect(name, lane_.after(kEngineTime));
  const auto made = co_await inspecting;
  if (made) {
    auto removing = client_.remove(made->id, lane_.after(kEngineTime));
    [[maybe_unused]] const auto removed = co_await removing;
  }
  co_return created;
}

runtime::Task<void> DockerScale::shrink(DiscoveredView member, base::Duration drain) {
  auto retiring = retire(member.container.id, member.endpoint_id, drain);
  const auto retired = co_await retiring;
  if (retired) {
    log_.info("scaler", {{"service", source_.service}, {"container", member.name}},
              "container removed");
  } else if (retired.error().code() != base::Errc::cancelled) {
    set_membership(member.endpoint_id, balance::Membership::in, base::kNever);
    log_.error("scaler", {{"service", source_.service}, {"container", member.name}}, "it stays: {}",
               retired.error().detail());
  }
  // Discovery may hear of the end a moment later than this.
  while (retired && !stopping_.requested()) {
    const DiscoveryView view = discovery_.view();
    const auto is_it = [&](const auto& each) { return each.container.id == member.container.id; };
    if (std::ranges::none_of(view.members, is_it)) break;
    co_await runtime::sleep_for(lane_, kDrainLook, &stopping_);
  }
  leaving_.erase(member.container.id);
}

runtime::Task<base::Result<void>> DockerScale::retire(std::string id, std::uint32_t endpoint_id,
                                                      base::Duration drain) {
  const base::Deadline until = lane_.after(drain);
  set_membership(endpoint_id, balance::Membership::draining, until.at());
  do {  // a lane may be about to use what it has just picked, so not at once
    const auto wake = co_await runtime::sleep_for(lane_, kDrainLook, &stopping_);
    if (wake == runtime::Wake::cancelled) co_return base::fail(base::Errc::cancelled);
  } while (registry_.in_flight(endpoint_id) > 0 && !until.expired(lane_.now()));
  auto stopping = client_.stop(id, kStopGrace, lane_.after(kEngineTime));
  const auto stopped = co_await stopping;
  if (!stopped && is_unanswered(stopped.error().code())) co_return stopped;
  auto removing = client_.remove(id, lane_.after(kEngineTime));
  const auto removed = co_await removing;  // also of one that would not stop: a paused one
  co_return !removed && !stopped ? stopped : removed;
}

void DockerScale::set_membership(std::uint32_t endpoint_id, balance::Membership to,
                                 base::Time closes_at) {
  std::vector<HostChange> changes;
  registry_.apply(endpoint_id,
                  balance::host_event::MembershipSet{
                      .to = to, .cause = balance::MemberCause::scale_down, .closes_at = closes_at},
                  lane_.now(), &changes);
  for (const HostChange& each : changes) log_change(log_, each);
}

runtime::Task<void> DockerScale::stop() {
  stopping_.request();
  auto closing = gate_.close();
  co_await closing;
}

}  // namespace weir::control
