#include "upstream/service_lane.hpp"

namespace weir::upstream {

// What the lane has observed of the endpoints stays: a new algorithm begins with it.
void ServiceLane::change_policy(const EndpointSet& set) {
  balance::PolicyOptions options;
  options.lane = lane_;
  options.load_bound = set.policy->balance.load_bound;
  pickers_.clear();
  for (const balance::Algorithm each : set.policy->arms) pickers_.emplace_back(each, options);
  picker_policy_ = set.policy.get();
  kept_policy_ = set.policy;
}

std::size_t ServiceLane::pick_on_record(const EndpointSet& set, const balance::Tried& tried,
                                        const PickWish& wish, base::Time now) {
  const PickRecorder::Seen seen = recorder_->look(service_, set, tables_of(set));
  const base::Rng before = rng_;
  const std::size_t index =
      picker_of(set, wish).pick({seen.candidates, tried, facts_, now, rng_, wish.key, seen.tables});
  const std::uint32_t chosen = index == balance::kNobody ? 0 : set.ids[index];
  recorder_->picked(service_, tried, wish.key, wish.arm, before, now, chosen);
  if (!recorder_->is_on()) recorder_ = nullptr;
  return index;
}

void ServiceLane::record_learned(std::uint32_t id, bool failed, base::Duration took,
                                 base::Duration p95, base::Time now) noexcept {
  recorder_->learned(service_, id, failed, took, p95, now);
}

PickNote ServiceLane::explain(const EndpointSet& set, const balance::Tried& tried,
                              const PickWish& wish, base::Time now) {
  if (picker_policy_ != set.policy.get()) change_policy(set);
  const balance::Policy& picker = picker_of(set, wish);
  PickNote note;
  note.generation = set.generation;
  note.algorithm = picker.algorithm();
  note.arms = set.policy->arms.size();
  note.is_challenger = note.arms > 1 && note.algorithm != set.policy->arms[set.policy->arm];
  note.panic = set.panic;
  note.key = wish.key;
  note.total = set.total;
  note.eligible = set.ids.size();
  if (set.ids.empty()) return note;
  const balance::Candidates candidates = set.candidates();
  const balance::PickTables tables = tables_of(set);
  facts_.sync(candidates);
  if (recorder_ != nullptr) recorder_->synced(service_, set);
  const balance::PickInput in{candidates, tried, facts_, now, rng_, wish.key, tables};
  std::vector<double> scores(set.ids.size());
  picker.explain(in, scores);
  const balance::ScoreMeaning meaning = picker.score_meaning(in);
  note.score_meaning = meaning.text;
  note.highest_wins = meaning.highest_wins;
  for (std::size_t i = 0; i < scores.size() && i < PickNote::kCandidatesMax; ++i) {
    note.candidates.push_back({.endpoint = set.ids[i],
                               .score = scores[i],
                               .weight = set.weights[i],
                               .in_flight = candidates.load(i),
                               .was_tried = tried.has(set.ids[i])});
  }
  return note;
}

}  // namespace weir::upstream
