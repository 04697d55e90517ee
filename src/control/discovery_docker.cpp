#include "control/discovery_docker.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.hpp"
#include "runtime/spawn.hpp"

namespace weir::control {
namespace {

constexpr base::Duration kCallTime = std::chrono::seconds(2);
// Lists because events may have been lost come no closer than this, whatever the engine sends.
constexpr base::Duration kListPause = std::chrono::seconds(1);
constexpr base::Duration kTryTime = std::chrono::seconds(1);
constexpr base::Duration kTryEvery = std::chrono::milliseconds(25);
constexpr base::Duration kTryFast = std::chrono::seconds(10);
constexpr base::Duration kTrySlowly = std::chrono::milliseconds(250);
constexpr base::Duration kSweepEvery = std::chrono::milliseconds(200);
constexpr base::Duration kUsageEvery = std::chrono::seconds(1);
constexpr unsigned kEventsInOneTurn = 64;

// Times that many weirs have in common must not meet at the engine: +- 10 %.
base::Duration jittered(base::Duration time, base::Rng& rng) {
  const double factor = 0.9 + 0.2 * rng.unit();
  return base::Duration(static_cast<std::int64_t>(static_cast<double>(time.count()) * factor));
}

}  // namespace

DiscoveryDocker::DiscoveryDocker(http::LaneContext& context, DockerClient& client,
                                 http::Connector& connector, Registry& registry,
                                 telemetry::Log& log, DockerSource source)
    : context_(context),
      client_(client),
      connector_(connector),
      log_(log),
      source_(std::move(source)),
      fleet_(registry, log, source_),
      rng_(base::hash64(source_.label + source_.service)),
      wake_(context.lane) {}

void DiscoveryDocker::start() {
  runtime::spawn(gate_, "docker discovery", run());
  runtime::spawn(gate_, "docker sweep", sweep());
  runtime::spawn(gate_, "docker usage", watch_usage());
}

runtime::Task<void> DiscoveryDocker::stop() {
  stopping_.request();
  wake_.cancel();
  if (events_) events_->cancel();
  auto closing = gate_.close();
  co_await closing;
}

void DiscoveryDocker::withdraw() {
  fleet_.set().remove_all("its source was taken out", context_.lane.now());
}

runtime::Task<void> DiscoveryDocker::run() {
  base::Duration pause = kBackoffMin;
  while (!stopping_.requested()) {
    is_good_ = false;
    auto running = session();
    const auto ended = co_await running;
    if (stopping_.requested()) co_return;
    if (!ended) note_failure(ended.error());
    pause = is_good_ ? kBackoffMin : std::min(pause * 2, kBackoffMax);
    co_await runtime::sleep_for(context_.lane, jittered(pause, rng_), &stopping_);
  }
}

runtime::Task<base::Result<void>> DiscoveryDocker::session() {
  auto subscribing = client_.events(context_.lane.after(kCallTime));
  WEIR_CO_TRY(events_, co_await subscribing);
  stream_error_.reset();
  list_at_ = context_.lane.now();
  runtime::Gate reading;
  runtime::spawn(reading, "docker events", read_events());
  auto working = work();
  const auto worked = co_await working;
  events_->cancel();
  auto closing = reading.close();
  co_await closing;
  events_.reset();
  co_return worked;
}

runtime::Task<base::Result<void>> DiscoveryDocker::work() {
  for (;;) {
    if (stopping_.requested()) co_return base::fail(base::Errc::cancelled);
    if (stream_error_) co_return base::Fail(*stream_error_);
    auto inspecting = inspect_pending();
    WEIR_CO_CHECK(co_await inspecting);
    if (fleet_.take_lost()) want_list();
    if (context_.lane.now() >= list_at_) {
      auto listing = list();
      WEIR_CO_CHECK(co_await listing);
      continue;
    }
    co_await wake_.wait_readable(base::Deadline(list_at_));
    if (!wake_.cancelled()) wake_.readable = false;
  }
}

// Bad news is acted on here, while work() may be waiting for an answer.
runtime::Task<void> DiscoveryDocker::read_events() {
  unsigned in_turn = 0;
  for (;;) {
    auto reading = events_->next_line({});
    const auto line = co_await reading;
    if (!line) {
      stream_error_ = line.error();
      wake_.signal_readable();
      co_return;
    }
    const auto event = parse_docker_event(*line);
    if (event) {
      fleet_.on_event(*event, context_.lane.now());
    } else {
      log_.debug("discovery", {{"source", "docker"}}, "an event was not understood: {}",
                 event.error().detail());
      want_list();
    }
    wake_.signal_readable();
    if (++in_turn % kEventsInOneTurn == 0) co_await context_.lane.yield();
  }
}

void DiscoveryDocker::want_list() {
  list_at_ = std::min(list_at_, std::max(context_.lane.now(), listed_at_ + kListPause));
}

runtime::Task<base::Result<void>> DiscoveryDocker::list() {
  fleet_.begin_cycle();
  list_at_ = base::kNever;  // an event from now on may ask for the next one
  listed_at_ = context_.lane.now();
  auto listing =
      client_.list({.label = source_.label, .network = {}}, context_.lane.after(kCallTime));
  WEIR_CO_TRY(const DockerList found, co_await listing);
  std::set<std::string> ids;
  for (const DockerRow& row : found.rows) ids.insert(row.id);
  for (const std::string& id : ids) {
    auto first = inspect_pending();  // who has just started does not wait for the others
    WEIR_CO_CHECK(co_await first);
    auto inspecting = inspect(id);
    WEIR_CO_CHECK(co_await inspecting);
    if (stopping_.requested()) co_return base::fail(base::Errc::cancelled);
  }
  const bool is_held = fleet_.on_listed(ids, found.refused == 0, context_.lane.now());
  list_at_ = std::min(list_at_,
                      context_.lane.now() + (is_held ? kConfirm : jittered(source_.resync, rng_)));
  note_success();
  co_return base::Result<void>();
}

runtime::Task<base::Result<void>> DiscoveryDocker::inspect_pending() {
  while (auto id = fleet_.take_pending()) {
    auto inspecting = inspect(std::move(*id));
    WEIR_CO_CHECK(co_await inspecting);
    if (stopping_.requested()) break;
  }
  co_return base::Result<void>();
}

// Fails only when the engine does: a strange answer about one container leaves that one as it is.
runtime::Task<base::Result<void>> DiscoveryDocker::inspect(std::string id) {
  const std::uint64_t news = fleet_.news_of(id);
  auto inspecting = client_.inspect(id, context_.lane.after(kCallTime));
  const auto found = co_await inspecting;
  const base::Time now = context_.lane.now();
  if (found) {
    fleet_.on_inspected(id, &*found, news, now);
  } else if (found.error().code() == base::Errc::not_found) {
    fleet_.on_inspected(id, nullptr, news, now);
  } else if (found.error().code() == base::Errc::bad_message ||
             found.error().code() == base::Errc::too_large) {
    log_.warn("discovery", {{"source", "docker"}, {"container", id.substr(0, 12)}},
              "the container cannot be read: {}", found.error().detail());
  } else {
    co_return base::Fail(found.error());
  }
  begin_probes();
  co_return base::Result<void>();
}

void DiscoveryDocker::begin_probes() {
  for (DockerFleet::Probe& each : fleet_.take_probes()) {
    runtime::spawn(gate_, "docker probe", probe(std::move(each)));
  }
}

runtime::Task<void> DiscoveryDocker::probe(DockerFleet::Probe wanted) {
  const auto address = net::Address::parse(wanted.address);
  if (!address) co_return;
  const base::Time fast_until = context_.lane.now() + kTryFast;
  while (fleet_.is_wanted(wanted) && !stopping_.requested()) {
    auto connecting = connector_.connect(context_.lane, *address, context_.lane.after(kTryTime));
    const auto connected = co_await connecting;
    if (connected) {
      fleet_.on_accepting(wanted.id, wanted.number, context_.lane.now());
      co_return;
    }
    const base::Duration pause = context_.lane.now() < fast_until ? kTryEvery : kTrySlowly;
    co_await runtime::sleep_for(context_.lane, pause, &stopping_);
  }
}

runtime::Task<void> DiscoveryDocker::sweep() {
  for (;;) {
    const auto wake = co_await runtime::sleep_for(context_.lane, kSweepEvery, &stopping_);
    if (wake == runtime::Wake::cancelled) co_return;
    fleet_.set().sweep(context_.lane.now());
  }
}

runtime::Task<void> DiscoveryDocker::watch_usage() {
  base::Time next = context_.lane.now();
  for (;;) {
    next = std::max(next + kUsageEvery, context_.lane.now());
    const auto wake =
        co_await runtime::sleep_until(context_.lane, base::Deadline(next), &stopping_);
    if (wake == runtime::Wake::cancelled) co_return;
    usage_.sample(fleet_.view(), context_.lane.now());
    auto asking = ask_usage();
    co_await asking;
  }
}

// Those whose files are not visible, in turn, for as long as this second lasts.
runtime::Task<void> DiscoveryDocker::ask_usage() {
  const base::Time end = context_.lane.now() + kUsageEvery;
  for (std::size_t left = fleet_.view().size(); left > 0; --left) {
    const auto id = usage_.next_hidden();
    if (!id || stopping_.requested() || context_.lane.now() >= end) co_return;
    auto asking = client_.stats(*id, context_.lane.after(kCallTime));
    const auto told = co_await asking;
    std::optional<supervise::CgroupUsage> usage;
    if (told) {
      if (const auto parsed = parse_docker_stats(*told)) usage = *parsed;
    }
    usage_.on_stats(*id, usage, context_.lane.now());
    if (!told) co_return;
  }
}

void DiscoveryDocker::note_failure(const base::Error& error) {
  ++failures_;
  if (error_.empty()) {
    log_.warn("discovery", {{"source", "docker"}, {"endpoints", fleet_.set().size()}},
              "{}; what was found before stays", error.detail());
  }
  error_ = error.detail();
}

void DiscoveryDocker::note_success() {
  ++cycles_;
  is_good_ = true;
  if (error_.empty()) return;
  log_.info("discovery", {{"source", "docker"}, {"endpoints", fleet_.set().size()}},
            "the engine is back");
  error_.clear();
}

DiscoveryView DiscoveryDocker::view() const {
  DiscoveryView out{.source = "docker " + source_.label,
                    .state = "ok",
                    .error = error_,
                    .note = fleet_.note(),
                    .cycles = cycles_,
                    .failures = failures_,
                    .members = fleet_.view()};
  for (DiscoveredView& each : out.members) usage_.fill(each.container, context_.lane.now());
  if (cycles_ == 0) out.state = "starting";
  if (!error_.empty()) out.state = "failing";
  return out;
}

}  // namespace weir::control
