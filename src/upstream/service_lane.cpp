#include "upstream/service_lane.hpp"

namespace weir::upstream {

// What the lane has observed of the endpoints stays: a new algorithm begins with it.
void ServiceLane::change_policy(const EndpointSet& set) {
  balance::PolicyOptions options;
  options.lane = lane_;
  options.load_bound = set.policy->balance.load_bound;
  picker_ = std::make_unique<balance::Policy>(set.policy->balance.algorithm, options);
  picker_policy_ = set.policy.get();
  kept_policy_ = set.policy;
}

PickNote ServiceLane::explain(const EndpointSet& set, const balance::Tried& tried,
                              std::uint64_t key, base::Time now) {
  if (picker_ == nullptr || picker_policy_ != set.policy.get()) change_policy(set);
  PickNote note;
  note.generation = set.generation;
  note.algorithm = picker_->algorithm();
  note.panic = set.panic;
  note.key = key;
  note.total = set.total;
  note.eligible = set.ids.size();
  if (set.ids.empty()) return note;
  const balance::Candidates candidates = set.candidates();
  const balance::PickTables tables = tables_of(set);
  facts_.sync(candidates);
  const balance::PickInput in{candidates, tried, facts_, now, rng_, key, tables};
  std::vector<double> scores(set.ids.size());
  picker_->explain(in, scores);
  const balance::ScoreMeaning meaning = picker_->score_meaning(in);
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
