#include "simulate/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "balance/hash_ring.hpp"
#include "balance/maglev_table.hpp"
#include "balance/policy.hpp"

namespace weir::simulate {
namespace {

using balance::PickRecord;
using balance::RecordHead;

/// One service on one lane, as the gateway's ServiceLane had it.
class ReplayedLane {
 public:
  base::Result<void> take(const PickRecord& record) {
    if (const auto* set = std::get_if<balance::RecordedSet>(&record)) {
      adopt(*set);
    } else if (const auto* pick = std::get_if<balance::RecordedPick>(&record)) {
      return this->pick(*pick);
    } else if (const auto* learn = std::get_if<balance::RecordedLearn>(&record)) {
      this->learn(*learn);
    } else if (std::get_if<balance::RecordedSync>(&record) != nullptr && set_) {
      facts_.sync(candidates());
    }
    return {};
  }

  std::uint64_t picks = 0;
  std::uint64_t identical = 0;
  std::map<balance::Algorithm, std::uint64_t> by_algorithm;
  std::vector<Divergence> divergences;

 private:
  void adopt(const balance::RecordedSet& set);
  base::Result<void> pick(const balance::RecordedPick& pick);
  void learn(const balance::RecordedLearn& learn);
  balance::Candidates candidates() const {
    return {.generation = set_->generation,
            .ids = ids_,
            .weights = weights_,
            .equal_weights = equal_weights_,
            .in_flight = std::span(pointers_).first(ids_.size())};
  }

  std::optional<balance::RecordedSet> set_;
  std::vector<std::uint32_t> ids_;
  std::vector<float> weights_;
  bool equal_weights_ = true;
  std::vector<std::uint64_t> identities_;
  std::vector<double> scores_;
  std::unique_ptr<balance::HashRing> ring_;
  std::unique_ptr<balance::MaglevTable> maglev_;
  std::unique_ptr<std::atomic<std::uint32_t>[]> loads_;
  std::vector<const std::atomic<std::uint32_t>*> pointers_;
  std::atomic<std::uint32_t> service_in_flight_{0};
  balance::EndpointFacts facts_;
  std::vector<balance::Policy> pickers_;
};

void ReplayedLane::adopt(const balance::RecordedSet& set) {
  const bool is_new_policy = !set_ || set_->policy != set.policy;
  set_ = set;
  ids_.clear();
  weights_.clear();
  identities_.clear();
  scores_.clear();
  std::vector<float> table_weights;
  for (const balance::RecordedEndpoint& each : set.endpoints) {
    ids_.push_back(each.id);
    weights_.push_back(each.weight);
    identities_.push_back(each.identity);
    table_weights.push_back(each.table_weight);
    if (set.has_scores) scores_.push_back(each.score);
  }
  equal_weights_ = std::ranges::all_of(weights_, [&](float w) { return w == weights_.front(); });
  const bool hashes = std::ranges::count(set.arms, balance::Algorithm::consistent_hash) > 0;
  ring_.reset();
  maglev_.reset();
  if (hashes && !ids_.empty() && set.maglev) {
    maglev_ = std::make_unique<balance::MaglevTable>(identities_, table_weights);
  } else if (hashes && !ids_.empty()) {
    ring_ = std::make_unique<balance::HashRing>(identities_, table_weights);
  }
  if (pointers_.size() < ids_.size()) {
    loads_ = std::make_unique<std::atomic<std::uint32_t>[]>(ids_.size());
    pointers_.clear();
    for (std::size_t i = 0; i < ids_.size(); ++i) pointers_.push_back(&loads_[i]);
  }
  if (is_new_policy) pickers_.clear();  // made at the first pick, by its lane's number
}

base::Result<void> ReplayedLane::pick(const balance::RecordedPick& pick) {
  if (!set_ || pick.in_flight.size() != ids_.size()) {
    return base::fail(base::Errc::bad_message, "a pick does not fit the set before it");
  }
  if (pickers_.empty()) {
    balance::PolicyOptions options;
    options.lane = pick.head.lane;
    options.load_bound = set_->load_bound;
    for (const balance::Algorithm each : set_->arms) pickers_.emplace_back(each, options);
  }
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    loads_[i].store(pick.in_flight[i], std::memory_order_relaxed);
  }
  service_in_flight_.store(pick.service_in_flight, std::memory_order_relaxed);
  balance::Tried tried;
  for (const std::uint32_t id : pick.tried) tried.add(id);
  base::Rng rng = base::Rng::from_state(pick.rng);
  balance::PickTables tables;
  tables.ring = ring_.get();
  tables.maglev = maglev_.get();
  tables.identities = identities_;
  tables.scores = scores_;
  tables.scores_version = set_->scores_version;
  tables.service_in_flight = &service_in_flight_;
  tables.service_median_us = pick.median_us;
  balance::Policy& policy = pickers_[pick.arm < pickers_.size() ? pick.arm : set_->arm];
  const balance::Candidates among = candidates();
  const std::size_t index = policy.pick({among, tried, facts_, pick.now, rng, pick.key, tables});
  const std::uint32_t chosen = index == balance::kNobody ? 0 : ids_[index];
  ++picks;
  ++by_algorithm[policy.algorithm()];
  if (chosen == pick.chosen) {
    ++identical;
  } else if (divergences.size() < ReplayResult::kShown) {
    divergences.push_back(
        {pick.head.lane, pick.head.service, picks, policy.algorithm(), pick.chosen, chosen});
  }
  return {};
}

void ReplayedLane::learn(const balance::RecordedLearn& learn) {
  const std::size_t index = facts_.index_of(learn.id);
  if (index == balance::kNobody) return;
  if (!learn.failed) {
    facts_.sample(index, learn.took, learn.now);
    return;
  }
  facts_.sample_failure(index, learn.took, learn.p95, learn.now);
  for (balance::Policy& each : pickers_) each.failed(learn.id);
}

struct Stream {
  std::vector<PickRecord> records;
  ReplayedLane lane;
  base::Result<void> result;
};

using Streams = std::map<RecordHead, Stream>;

base::Result<void> sort_into(Streams& streams, std::string_view file, ReplayResult& out) {
  WEIR_TRY(auto reader, balance::PickRecordReader::open(file));
  while (!reader.at_end()) {
    WEIR_TRY(PickRecord record, reader.next());
    ++out.records;
    if (const auto* service = std::get_if<balance::RecordedService>(&record)) {
      out.services[service->number] = service->name;
      continue;
    }
    const RecordHead head = std::visit(
        [](const auto& each) {
          if constexpr (requires { each.head; }) return each.head;
          return RecordHead();
        },
        record);
    streams[head].records.push_back(std::move(record));
  }
  out.was_cut = reader.was_cut();
  return {};
}

void run_all(Streams& streams, unsigned threads) {
  std::vector<Stream*> work;
  for (auto& [head, stream] : streams) work.push_back(&stream);
  std::atomic<std::size_t> next{0};
  const auto run = [&work, &next] {
    for (std::size_t i = next++; i < work.size(); i = next++) {
      for (const PickRecord& record : work[i]->records) {
        work[i]->result = work[i]->lane.take(record);
        if (!work[i]->result) break;
      }
    }
  };
  std::vector<std::thread> crew;
  for (unsigned i = 1; i < threads; ++i) crew.emplace_back(run);
  run();
  for (std::thread& each : crew) each.join();
}

}  // namespace

base::Result<ReplayResult> replay(std::string_view file, unsigned threads) {
  ReplayResult out;
  Streams streams;
  WEIR_CHECK(sort_into(streams, file, out));
  run_all(streams, threads);
  std::vector<std::uint16_t> lanes;
  for (auto& [head, stream] : streams) {
    if (!stream.result) {
      return base::fail(base::Errc::bad_message,
                        fmt::format("lane {}, service {}: {}", head.lane, head.service,
                                    stream.result.error().detail()));
    }
    lanes.push_back(head.lane);
    out.picks += stream.lane.picks;
    out.identical += stream.lane.identical;
    for (const auto& [algorithm, count] : stream.lane.by_algorithm) {
      out.by_algorithm[algorithm] += count;
    }
    for (const Divergence& each : stream.lane.divergences) {
      if (out.divergences.size() < ReplayResult::kShown) out.divergences.push_back(each);
    }
  }
  std::ranges::sort(lanes);
  out.lanes = static_cast<std::size_t>(std::ranges::unique(lanes).begin() - lanes.begin());
  return out;
}

}  // namespace weir::simulate
