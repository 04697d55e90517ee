#include "control/host_owner.hpp"

#include <algorithm>

#include "http/fetch.hpp"
#include "runtime/lane.hpp"
#include "runtime/spawn.hpp"

namespace weir::control {
namespace {

using balance::CheckEnd;
namespace host_event = balance::host_event;

// A check that was asked for because of silence must say so soon (balancing.md, 2: 1.5 s in all).
constexpr base::Duration kPromptTimeout = std::chrono::milliseconds(800);

CheckEnd end_of(base::Errc code) noexcept {
  switch (code) {
    case base::Errc::refused:
      return CheckEnd::refused;
    case base::Errc::unreachable:
      return CheckEnd::unreachable;
    case base::Errc::deadline:
      return CheckEnd::timed_out;
    default:
      return CheckEnd::broken;
  }
}

balance::OutlierConfig outlier_config(const config::Outlier& settings) {
  balance::OutlierConfig out;
  out.base = settings.base;
  out.longest = settings.longest;
  out.max_ejected = settings.max_ejected;
  out.latency_factor = settings.latency_factor;
  return out;
}

std::uint64_t finished_by(upstream::Endpoint& endpoint) noexcept {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < endpoint.traffic.lanes(); ++i) {
    sum += endpoint.traffic.lane(i).requests.value();
  }
  return sum;
}

std::uint64_t count(const telemetry::TrafficSnapshot& traffic, telemetry::Reason reason) noexcept {
  return traffic.by_reason[static_cast<std::size_t>(reason)];
}

balance::OutlierFacts facts_of(const telemetry::TrafficSnapshot& interval) noexcept {
  using telemetry::Reason;
  balance::OutlierFacts facts;
  facts.requests = interval.requests;
  facts.broken = count(interval, Reason::connect_failed) +
                 count(interval, Reason::upstream_closed) +
                 count(interval, Reason::upstream_protocol) +
                 count(interval, Reason::attempt_timeout) + count(interval, Reason::body_broken);
  facts.failed_upstream = interval.by_class[5];
  facts.latency_samples = interval.latency.count();
  facts.p95 = interval.latency.percentile(0.95);
  return facts;
}

}  // namespace

void log_change(telemetry::Log& log, const HostChange& change) {
  const balance::HostTransition& what = change.transition;
  log.info("health",
           {{"service", change.service},
            {"endpoint", change.endpoint},
            {"part", balance::name(what.component)},
            {"from", what.from},
            {"to", what.to},
            {"reason", what.reason},
            {"evidence", what.evidence}},
           "{}: {} -> {}", change.endpoint.empty() ? change.service : change.endpoint, what.from,
           what.to);
}

HostOwner::HostOwner(http::LaneContext& context, Registry& registry, telemetry::Log& log,
                     const config::Service& settings)
    : context_(context),
      registry_(registry),
      log_(log),
      settings_(settings),
      outlier_config_(outlier_config(settings.health.outlier)),
      rng_(settings.number) {
  if (settings.concurrency) limit_.emplace(settings);
  if (settings.health.check) {
    check_config_.every = settings.health.check->every;
    check_config_.timeout = settings.health.check->timeout;
  }
}

void HostOwner::apply(std::uint32_t id, const balance::HostEvent& event) {
  std::vector<HostChange> changes;
  const base::Time now = context_.lane.now();
  const bool wants_check = registry_.apply(id, event, now, &changes);
  for (const HostChange& change : changes) log_change(log_, change);
  const auto found = watched_.find(id);
  if (wants_check && found != watched_.end()) found->second.schedule.prompt(now);
}

void HostOwner::look(const ServiceEntry& service) {
  if (stopping_) return;
  const base::Time now = context_.lane.now();
  for (auto& [id, watched] : watched_) watched.seen = false;
  base::Time answered{};
  for (const EndpointEntry& entry : service.endpoints) {
    if (!entry.ready) continue;
    auto [place, is_new] = watched_.try_emplace(
        entry.endpoint->id, Watched{.schedule = {check_config_, now, rng_}, .answered_at = now});
    Watched& watched = place->second;
    watched.seen = true;
    const std::uint64_t finished = finished_by(*entry.endpoint);
    if (finished != watched.finished && !is_new) watched.grew_at = now;
    if (finished != watched.finished || entry.endpoint->in_flight.load() == 0) {
      watched.answered_at = now;
    }
    watched.finished = finished;
    answered = std::max(answered, watched.grew_at);
  }
  std::erase_if(watched_, [](const auto& each) { return !each.second.seen; });
  for (const EndpointEntry& entry : service.endpoints) {
    const auto found = watched_.find(entry.endpoint->id);
    if (found == watched_.end()) continue;
    Watched& watched = found->second;
    if (entry.endpoint->suspected.exchange(false, std::memory_order_relaxed)) {
      apply(entry.endpoint->id, host_event::ConnectFailed{});
    }
    watch_silence(entry, watched, answered);
    if (settings_.health.check && watched.schedule.is_due(now)) start_check(entry, watched);
  }
  if (limit_) limit_->look(service, now);
  if (settings_.health.outlier.enabled && now >= next_judgement_) judge(service);
}

// At least 3 attempts wait and none of them ended for 500 ms, while another endpoint answers.
void HostOwner::watch_silence(const EndpointEntry& entry, Watched& watched,
                              base::Time others_answered) {
  const base::Time now = context_.lane.now();
  constexpr base::Duration kSilent = std::chrono::milliseconds(500);
  if (entry.host.is_prompt_after_silence) {
    // A check that began before may take its whole time: no answer by now is answer enough.
    if (now - watched.silence_told >= kPromptTimeout) {
      apply(entry.endpoint->id,
            host_event::CheckDone{
                .end = CheckEnd::timed_out, .is_prompt = true, .next = watched.schedule.next()});
    }
    return;
  }
  if (now - watched.answered_at < kSilent || now - watched.silence_told < kSilent) return;
  watched.silence_told = now;
  apply(entry.endpoint->id, host_event::Silent{.attempts = entry.endpoint->in_flight.load(),
                                               .do_peers_answer = now - others_answered < kSilent});
}

void HostOwner::start_check(const EndpointEntry& entry, Watched& watched) {
  const bool is_prompt = watched.schedule.start(context_.lane.now(), rng_);
  runtime::spawn(checks_, "check", check(entry.endpoint->id, entry.endpoint->address, is_prompt));
}

runtime::Task<void> HostOwner::check(std::uint32_t id, std::string address, bool is_prompt) {
  host_event::CheckDone done{.end = CheckEnd::broken};
  if (const auto parsed = net::Address::parse(address)) {
    http::ClientPool pool(context_, connector_, *parsed);
    const base::Duration timeout =
        is_prompt ? std::min(check_config_.timeout, kPromptTimeout) : check_config_.timeout;
    auto asking = ask(pool, context_.lane.after(timeout));
    done = co_await asking;
  }
  const auto found = watched_.find(id);
  if (found == watched_.end() || stopping_) co_return;
  found->second.schedule.finish(context_.lane.now());
  done.is_prompt = is_prompt;
  done.next = found->second.schedule.next();
  apply(id, done);
}

runtime::Task<host_event::CheckDone> HostOwner::ask(http::ClientPool& pool,
                                                    base::Deadline deadline) {
  const config::Check& settings = *settings_.health.check;
  if (settings.kind == config::CheckKind::tcp) {
    auto connecting = pool.connect(deadline);
    const auto connected = co_await connecting;
    if (connected) co_return host_event::CheckDone{.end = CheckEnd::passed};
    co_return host_event::CheckDone{.end = end_of(connected.error().code())};
  }
  http::FetchRequest request;
  request.target = settings.path;
  request.host = pool.address().family() == AF_UNIX ? "localhost" : pool.address().text();
  request.fields.emplace_back("User-Agent", "weir-check");
  request.fields.emplace_back("Connection", "close");
  auto fetching = http::fetch(context_, pool, std::move(request), deadline);
  const auto fetched = co_await fetching;
  if (!fetched) co_return host_event::CheckDone{.end = end_of(fetched.error().code())};
  const bool passed = fetched->status >= 200 && fetched->status < 400;
  co_return host_event::CheckDone{.end = passed ? CheckEnd::passed : CheckEnd::bad_answer,
                                  .status = fetched->status};
}

// The outlier rules over the interval that ends now.
void HostOwner::judge(const ServiceEntry& service) {
  const base::Time now = context_.lane.now();
  const bool first = next_judgement_ == base::Time{};
  next_judgement_ = now + settings_.health.outlier.interval;
  std::vector<std::uint32_t> ids;
  std::vector<balance::OutlierFacts> facts;
  std::vector<balance::OutlierTrack> tracks;
  for (const EndpointEntry& entry : service.endpoints) {
    const auto found = watched_.find(entry.endpoint->id);
    if (found == watched_.end()) continue;
    telemetry::TrafficSnapshot total = entry.endpoint->traffic.total();
    telemetry::TrafficSnapshot interval = total;
    interval.subtract(found->second.interval_began);
    found->second.interval_began = std::move(total);
    ids.push_back(entry.endpoint->id);
    facts.push_back(facts_of(interval));
    tracks.push_back(found->second.outlier);
  }
  if (first || ids.empty()) return;
  const auto ejections = balance::judge_outliers(facts, tracks, outlier_config_, now);
  for (std::size_t i = 0; i < ids.size(); ++i) watched_.at(ids[i]).outlier = tracks[i];
  for (const balance::Ejection& each : ejections) {
    apply(ids[each.index],
          host_event::Ejected{
              .evidence = each.evidence, .ejections = each.ejections, .until = each.until});
  }
}

runtime::Task<void> HostOwner::stop() {
  stopping_ = true;
  auto closing = checks_.close();
  co_await closing;
}

}  // namespace weir::control
