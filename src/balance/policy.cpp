#include "balance/policy.hpp"

#include "balance/untried.hpp"

namespace weir::balance {

Policy::Policy(Algorithm algorithm, const PolicyOptions& options)
    : algorithm_(algorithm), select_(options.select), chosen_(make(algorithm, options)) {}

Policy::Chosen Policy::make(Algorithm algorithm, const PolicyOptions& options) {
  switch (algorithm) {
    case Algorithm::round_robin:
      return PickRoundRobin(options.lane);
    case Algorithm::weighted:
      return PickWeighted(options.lane);
    case Algorithm::least_connections:
      return PickLeastConnections();
    case Algorithm::least_response_time:
      return PickLeastResponseTime();
    case Algorithm::ip_hash:
      return PickIpHash();
    case Algorithm::consistent_hash:
      return PickConsistentHash(options.load_bound);
    case Algorithm::response_time:
      return PickResponseTime(options.select);
    case Algorithm::random_two:
    case Algorithm::adaptive:
      break;
  }
  return PickRandomTwo();
}

std::size_t Policy::pick(const PickInput& in) {
  if (in.candidates.size() == 0) return kNobody;
  const Untried untried(in.candidates, in.tried);
  if (untried.left() == 0) return kNobody;
  in.facts.sync(in.candidates);
  in.facts.advance(in.now);
  in.facts.set_service_median(in.tables.service_median_us);
  const std::size_t index = std::visit(
      [&](auto& chosen) {
        chosen.sync(in);
        return chosen.pick(in, untried);
      },
      chosen_);
  in.facts.picked(index);
  return index;
}

void Policy::failed(std::uint32_t id) noexcept {
  if (auto* weighted = std::get_if<PickWeighted>(&chosen_)) weighted->failed(id);
}

void Policy::explain(const PickInput& in, std::span<double> out) const {
  if (out.empty()) return;
  Chosen chosen = chosen_;
  EndpointFacts facts = in.facts;
  const PickInput copy{.candidates = in.candidates,
                       .tried = in.tried,
                       .facts = facts,
                       .now = in.now,
                       .rng = in.rng,
                       .key = in.key,
                       .tables = in.tables};
  facts.sync(in.candidates);
  facts.advance(in.now);
  std::visit(
      [&](auto& algorithm) {
        algorithm.sync(copy);
        if constexpr (requires { algorithm.scores(copy, out); }) {
          algorithm.scores(copy, out);
        } else {
          for (std::size_t i = 0; i < out.size(); ++i) out[i] = algorithm.score(copy, i);
        }
      },
      chosen);
}

ScoreMeaning Policy::score_meaning(const PickInput& in) const noexcept {
  switch (algorithm_) {
    case Algorithm::round_robin:
      return {"turns until it is next", false};
    case Algorithm::weighted:
      return {"current weight", true};
    case Algorithm::least_connections:
      return {"(in-flight + 1)/weight", false};
    case Algorithm::least_response_time:
      return {"cost in us x (in-flight + 1)/weight; the lower of a random pair", false};
    case Algorithm::ip_hash:
      return {"-weight/ln(hash)", true};
    case Algorithm::consistent_hash:
      if (in.tables.maglev == nullptr && in.tables.ring == nullptr) {
        return {"weight/ln(hash)", false};
      }
      return {"rank clockwise from the key; full ones come last", false};
    case Algorithm::response_time:
      if (select_ == ResponseTimeSelect::share) return {"share of the draws", true};
      return {"health score x weight/(in-flight + 1); the higher of a random pair", true};
    case Algorithm::random_two:
    case Algorithm::adaptive:
      break;
  }
  return {"(in-flight + 1)/weight; the lower of a random pair", false};
}

}  // namespace weir::balance
