#include "admin/decision_json.hpp"

#include <fmt/format.h>

#include <cmath>

#include "admin/control_json.hpp"
#include "balance/host_state.hpp"
#include "base/clock.hpp"

namespace weir::admin {
namespace {

using base::json::array;
using base::json::object;

base::json::value word(std::string_view value) { return base::json::string(value); }

// A request that is only asked about may hold any byte; JSON may not.
std::string plain(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) >= 0x7f) c = '?';
  }
  return text;
}

double three_digits(double number) { return std::round(number * 1000) / 1000; }
double ms_of(base::Duration time) { return three_digits(base::to_ms(time)); }

object attempt_json(const upstream::AttemptNote& note, std::size_t number,
                    const observe::TrafficView& view) {
  object out;
  out["number"] = number;
  out["endpoint"] = endpoint_name(view, note.endpoint);
  out["endpointId"] = note.endpoint;
  out["reason"] = word(telemetry::code(note.reason));
  out["meaning"] = word(telemetry::meaning(note.reason));
  out["status"] = note.status;
  out["ms"] = ms_of(note.took);
  out["probe"] = note.is_probe;
  if (note.is_hedge) out["hedge"] = true;
  if (note.is_cancelled) out["cancelled"] = true;
  out["breakerBefore"] = word(balance::name(note.breaker_before));
  out["breakerAfter"] = word(balance::name(note.breaker_after));
  out["then"] = word(balance::name(note.then));
  out["pauseMs"] = ms_of(note.pause);
  return out;
}

object pick_json(const upstream::PickNote& pick, const observe::TrafficView& view) {
  object out;
  out["algorithm"] = word(balance::name(pick.algorithm));
  out["algorithmsAtWork"] = pick.arms;
  out["challenger"] = pick.is_challenger;
  out["generation"] = pick.generation;
  out["panic"] = pick.panic;
  if (pick.sticky) out["sticky"] = true;
  out["key"] = fmt::format("{:016x}", pick.key);  // a JSON number would lose its low bits
  out["total"] = pick.total;
  out["eligible"] = pick.eligible;
  out["scoreMeaning"] = word(pick.score_meaning);
  out["highestWins"] = pick.highest_wins;
  out["chosen"] = nullptr;
  out["chosenId"] = nullptr;
  if (pick.chosen != 0) {
    out["chosen"] = endpoint_name(view, pick.chosen);
    out["chosenId"] = pick.chosen;
  }
  array candidates;
  for (const upstream::CandidateNote& each : pick.candidates) {
    object entry{{"endpoint", endpoint_name(view, each.endpoint)}, {"endpointId", each.endpoint}};
    entry["score"] = nullptr;
    if (std::isfinite(each.score)) entry["score"] = three_digits(each.score);
    entry["weight"] = three_digits(each.weight);
    entry["inFlight"] = each.in_flight;
    entry["tried"] = each.was_tried;
    candidates.push_back(std::move(entry));
  }
  out["candidates"] = std::move(candidates);
  return out;
}

array flags_json(telemetry::Flags flags) {
  array out;
  for (std::size_t i = 0; i < telemetry::kFlagCount; ++i) {
    const auto flag = static_cast<telemetry::Flag>(i);
    if (flags.has(flag)) out.push_back(word(telemetry::name(flag)));
  }
  return out;
}

const observe::ServiceView* service_named(const observe::TrafficView& view,
                                          std::string_view name) noexcept {
  for (const auto& service : view.services) {
    if (service.name == name) return &service;
  }
  return nullptr;
}

}  // namespace

std::string endpoint_name(const observe::TrafficView& view, std::uint32_t id) {
  for (const auto& service : view.services) {
    for (const auto& endpoint : service.endpoints) {
      if (endpoint.id == id) return endpoint.name;
    }
  }
  return fmt::format("endpoint {} (gone)", id);
}

array out_now_json(const observe::TrafficView& view, std::string_view name) {
  array out;
  const observe::ServiceView* service = service_named(view, name);
  if (service == nullptr) return out;
  for (const auto& endpoint : service->endpoints) {
    if (endpoint.healthy) continue;
    array reasons;
    for (const std::string& each : endpoint.reasons) reasons.emplace_back(each);
    if (reasons.empty() && !endpoint.reason.empty()) reasons.emplace_back(endpoint.reason);
    out.push_back(object{{"endpoint", endpoint.name},
                         {"endpointId", endpoint.id},
                         {"state", endpoint.state},
                         {"reasons", std::move(reasons)}});
  }
  return out;
}

object decision_json(const gateway::DecisionView& decision, const observe::TrafficView& view) {
  object out;
  out["requestId"] = decision.request_id;
  out["time"] = word(base::rfc3339(decision.wall_ms).text);
  out["lane"] = decision.lane;
  out["method"] = plain(decision.method);
  out["path"] = plain(decision.path);
  out["client"] = decision.client;
  out["route"] = decision.route;
  out["service"] = decision.service;
  out["status"] = decision.status;
  out["reason"] = word(telemetry::code(decision.reason));
  out["meaning"] = word(telemetry::meaning(decision.reason));
  out["flags"] = flags_json(decision.flags);
  out["detail"] = decision.detail;
  out["tookMs"] = ms_of(decision.took);
  out["attemptsMade"] = decision.attempts_made;
  array attempts;
  for (std::size_t i = 0; i < decision.attempts.count; ++i) {
    attempts.push_back(attempt_json(decision.attempts.notes[i], i + 1, view));
  }
  out["attempts"] = std::move(attempts);
  out["traced"] = decision.trace != nullptr;
  array picks;
  if (decision.trace != nullptr) {
    for (const auto& pick : decision.trace->picks) picks.push_back(pick_json(pick, view));
  }
  out["picks"] = std::move(picks);
  return out;
}

object decisions_json(std::span<const gateway::DecisionView> decisions,
                      const observe::TrafficView& view) {
  array out;
  for (const auto& each : decisions) out.push_back(decision_json(each, view));
  return {{"decisions", std::move(out)}, {"count", decisions.size()}};
}

object explained_json(const gateway::ExplainedRequest& explained,
                      const observe::TrafficView& view) {
  object out;
  out["sent"] = false;
  out["method"] = plain(explained.request.method);
  out["target"] = plain(explained.request.target);
  out["client"] = explained.request.client;
  out["answer"] = nullptr;
  if (explained.status != 0) {
    out["answer"] = object{{"status", explained.status}, {"detail", explained.problem}};
  }
  out["route"] = nullptr;
  if (!explained.route.empty()) {
    out["route"] = object{{"host", explained.route_host}, {"path", explained.route}};
  }
  if (!explained.redirect.empty()) out["redirect"] = explained.redirect;
  if (explained.service.empty()) return out;
  out["service"] = explained.service;
  const observe::ServiceView* service = service_named(view, explained.service);
  if (service != nullptr) out["breaker"] = breaker_json(service->breaker);
  out["keySource"] = nullptr;
  if (!explained.key_source.empty()) out["keySource"] = explained.key_source;
  out["keyMissing"] = explained.key_is_missing;
  out["draws"] = explained.draws;
  object pick = pick_json(explained.pick, view);
  pick.erase("chosen");
  pick.erase("chosenId");
  array& candidates = pick["candidates"].as_array();
  for (std::size_t i = 0; i < explained.shares.size() && i < candidates.size(); ++i) {
    candidates[i].as_object()["share"] = three_digits(explained.shares[i]);
  }
  out["pick"] = std::move(pick);
  array winners;
  for (const std::uint32_t id : explained.winners) winners.emplace_back(endpoint_name(view, id));
  out["wouldWin"] = std::move(winners);
  out["out"] = out_now_json(view, explained.service);
  return out;
}

}  // namespace weir::admin
