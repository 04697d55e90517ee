#include "upstream/pick_recorder.hpp"

namespace weir::upstream {
namespace {

constexpr std::size_t kHandOver = 64 * 1024;

}  // namespace

void PickRecorder::flush() {
  if (frames_.empty() || !on_) return;
  std::string frames;
  frames.reserve(kHandOver + kHandOver / 4);
  frames.swap(frames_);
  on_ = sink_.give(std::move(frames));
}

void PickRecorder::add(const balance::PickRecord& record) {
  balance::append_record(frames_, record);
  if (frames_.size() >= kHandOver) flush();
}

void PickRecorder::note_set(const Service& service, const EndpointSet& set) {
  const std::pair<std::uint64_t, std::uint64_t> now{set.policy->number, set.generation};
  const auto [found, is_new] = noted_.try_emplace(service.slot, now);
  if (is_new) add(balance::RecordedService{service.slot, service.name});
  if (!is_new && found->second == now) return;
  found->second = now;
  balance::RecordedSet out{.head = head(service),
                           .policy = set.policy->number,
                           .generation = set.generation,
                           .maglev = set.policy->balance.table == config::HashTable::maglev,
                           .load_bound = set.policy->balance.load_bound,
                           .arm = static_cast<std::uint16_t>(set.policy->arm),
                           .arms = set.policy->arms,
                           .scores_version = set.scores_version,
                           .has_scores = !set.scores.empty(),
                           .endpoints = {}};
  for (std::size_t i = 0; i < set.ids.size(); ++i) {
    out.endpoints.push_back({.id = set.ids[i],
                             .weight = set.weights[i],
                             .table_weight = static_cast<float>(set.eligible[i]->weight),
                             .identity = set.identities[i],
                             .score = set.scores.empty() ? 0 : set.scores[i]});
  }
  add(std::move(out));
}

PickRecorder::Seen PickRecorder::look(const Service& service, const EndpointSet& set,
                                      const balance::PickTables& tables) {
  note_set(service, set);
  const std::size_t count = set.ids.size();
  if (copies_.pointers.size() < count) {
    copies_.loads = std::make_unique<std::atomic<std::uint32_t>[]>(count);
    copies_.pointers.clear();
    for (std::size_t i = 0; i < count; ++i) copies_.pointers.push_back(&copies_.loads[i]);
  }
  pick_.in_flight.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t load = set.in_flight[i]->load(std::memory_order_relaxed);
    copies_.loads[i].store(load, std::memory_order_relaxed);
    pick_.in_flight.push_back(load);
  }
  service_in_flight_.store(service.in_flight.load(std::memory_order_relaxed),
                           std::memory_order_relaxed);
  Seen seen{set.candidates(), tables};
  seen.candidates.in_flight = std::span(copies_.pointers).first(count);
  seen.tables.service_in_flight = &service_in_flight_;
  pick_.service_in_flight = service_in_flight_.load(std::memory_order_relaxed);
  pick_.median_us = tables.service_median_us;
  return seen;
}

void PickRecorder::picked(const Service& service, const balance::Tried& tried, std::uint64_t key,
                          std::size_t arm, const base::Rng& before, base::Time now,
                          std::uint32_t chosen) {
  pick_.head = head(service);
  pick_.now = now;
  pick_.arm = static_cast<std::uint16_t>(arm);
  pick_.key = key;
  pick_.rng = before.state();
  pick_.tried.assign(tried.ids().begin(), tried.ids().end());
  pick_.chosen = chosen;
  add(pick_);
}

void PickRecorder::learned(const Service& service, std::uint32_t id, bool failed,
                           base::Duration took, base::Duration p95, base::Time now) {
  add(balance::RecordedLearn{.head = head(service),
                             .id = id,
                             .failed = failed,
                             .took = std::max(took, base::Duration::zero()),
                             .p95 = p95,
                             .now = now});
}

void PickRecorder::synced(const Service& service, const EndpointSet& set) {
  note_set(service, set);
  add(balance::RecordedSync{head(service)});
}

}  // namespace weir::upstream
