#include "app/explain_text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "app/admin_call.hpp"

namespace weir::app {
namespace {

using base::json::object;

std::vector<object> objects_at(const object& from, const char* key) {
  std::vector<object> out;
  const auto* value = from.if_contains(key);
  if (value == nullptr || !value->is_array()) return out;
  for (const auto& each : value->get_array()) {
    if (each.is_object()) out.push_back(each.get_object());
  }
  return out;
}

std::vector<std::string> texts_at(const object& from, const char* key) {
  std::vector<std::string> out;
  const auto* value = from.if_contains(key);
  if (value == nullptr || !value->is_array()) return out;
  for (const auto& each : value->get_array()) {
    if (each.is_string()) out.emplace_back(std::string_view(each.get_string()));
  }
  return out;
}

object object_at(const object& from, const char* key) {
  const auto* value = from.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : object();
}

std::string joined(const std::vector<std::string>& texts, std::string_view between) {
  std::string out;
  for (const std::string& each : texts) {
    if (!out.empty()) out += between;
    out += each;
  }
  return out;
}

std::string plural(double count, std::string_view noun) {
  return fmt::format("{:.0f} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string short_number(double value) {
  return fmt::format("{:.{}f}", value,
                     std::abs(value) >= 100 || value == std::round(value) ? 0 : 3);
}

// What the name of a retry reason (balance/retry_rule) means for this attempt.
std::string why_not_repeated(std::string_view then) {
  if (then == "attempts used up") return "all attempts that the route allows were made";
  if (then == "cause not configured") return "the route's retry.causes do not name this failure";
  if (then == "neither idempotent nor unsent") {
    return "the service may have seen it, and doing it twice could do harm";
  }
  if (then == "body not kept") return "its body is longer than the route's retry.buffer";
  if (then == "response already begun") return "the client had part of the answer already";
  if (then == "no other endpoint") return "there was no other endpoint to try";
  if (then == "retry-after too long") return "the service asked to wait longer than weir does";
  if (then == "no time left") return "too little of the route's total time was left";
  if (then == "over the retry budget") return "retries had used up the retry budget";
  if (then == "client gone") return "the client had left";
  return std::string(then);
}

void add_candidates(std::string& out, const object& pick, double chosen) {
  for (const object& each : objects_at(pick, "candidates")) {
    const auto* score = each.if_contains("score");
    const bool has_score = score != nullptr && score->is_number();
    out +=
        fmt::format("    {:<24} score {:<9} weight {:<5} {} in flight", text_at(each, "endpoint"),
                    has_score ? short_number(number_at(each, "score")) : "none",
                    short_number(number_at(each, "weight")), number_at(each, "inFlight"));
    if (each.contains("share"))
      out += fmt::format(", share {:.1f} %", number_at(each, "share") * 100);
    if (flag_at(each, "tried")) out += ", tried before in this exchange, so out of the question";
    if (chosen != 0 && number_at(each, "endpointId") == chosen) out += "  <- chosen";
    out += '\n';
  }
  const double hidden =
      number_at(pick, "eligible") - static_cast<double>(objects_at(pick, "candidates").size());
  if (hidden > 0) out += fmt::format("    and {:.0f} more\n", hidden);
}

std::string pick_sentence(const object& pick) {
  std::string out = fmt::format("{} of {} could be picked", number_at(pick, "eligible"),
                                plural(number_at(pick, "total"), "endpoint"));
  if (flag_at(pick, "panic")) {
    out += " (panic: so few are healthy that health is ignored)";
  }
  const std::string meaning = text_at(pick, "scoreMeaning");
  if (flag_at(pick, "sticky")) {
    out += fmt::format(", sticky: the client's cookie named it, before {} was asked.\n",
                       text_at(pick, "algorithm"));
    return out;
  }
  const double at_work = number_at(pick, "algorithmsAtWork");
  out += fmt::format(", by {}", text_at(pick, "algorithm"));
  if (at_work > 1) {
    out += fmt::format(" ({} of the {} algorithms that share the traffic)",
                       flag_at(pick, "challenger") ? "one" : "the one that carries the service",
                       at_work);
  }
  out += ".\n";
  if (meaning.empty()) return out;
  out += fmt::format("  The score is: {}.", meaning);
  const bool says_who_wins = meaning.contains("random pair") || meaning.starts_with("share");
  if (!says_who_wins) {
    out += fmt::format(" The {} wins.", flag_at(pick, "highestWins") ? "highest" : "lowest");
  }
  return out + '\n';
}

void add_out(std::string& out, const std::vector<object>& endpoints, std::string_view intro) {
  if (endpoints.empty()) return;
  out += fmt::format("{}\n", intro);
  for (const object& each : endpoints) {
    const std::string reasons = joined(texts_at(each, "reasons"), "; ");
    out += fmt::format("    {:<24} {}\n", text_at(each, "endpoint"),
                       reasons.empty() ? text_at(each, "state") : reasons);
  }
}

// A chosen endpoint without an attempt: its breaker or its limit refused it after the pick.
void add_pick(std::string& out, const object& pick, std::size_t number, double tried_next) {
  out += fmt::format("Pick {}: {}", number, pick_sentence(pick));
  const double chosen = number_at(pick, "chosenId");
  add_candidates(out, pick, chosen);
  if (chosen == 0) {
    out += "  Nobody was left to choose.\n";
  } else if (chosen != tried_next) {
    out += fmt::format(
        "  {} was not asked: its circuit breaker or its limit of requests under way "
        "refused.\n",
        text_at(pick, "chosen"));
  }
}

std::string attempt_result(const object& attempt) {
  if (flag_at(attempt, "cancelled")) return "cancelled: the request beside it was answered first";
  const std::string reason = text_at(attempt, "reason");
  const double status = number_at(attempt, "status");
  std::string out;
  if (reason == "OK" && status != 0) {
    out = fmt::format("answered {:.0f}", status);
  } else {
    out = fmt::format("failed: {} ({})", text_at(attempt, "meaning"), reason);
  }
  return out + fmt::format(", after {} ms", short_number(number_at(attempt, "ms")));
}

void add_attempt(std::string& out, const object& attempt, bool is_last_known, bool went_on) {
  out += fmt::format(
      "Attempt {:.0f} on {}{}: {}.\n", number_at(attempt, "number"), text_at(attempt, "endpoint"),
      flag_at(attempt, "hedge") ? ", begun beside the one before" : "", attempt_result(attempt));
  const std::string before = text_at(attempt, "breakerBefore");
  const std::string after = text_at(attempt, "breakerAfter");
  if (flag_at(attempt, "probe")) out += "  It was a probe of a half-open breaker.\n";
  if (before != after) {
    out += fmt::format("  The endpoint's breaker went from {} to {}.\n", before, after);
  }
  const std::string then = text_at(attempt, "then");
  const double pause = number_at(attempt, "pauseMs");
  if (then == "retry" && (!is_last_known || went_on)) {
    out += pause > 0
               ? fmt::format("  It was repeated, after a pause of {} ms.\n", short_number(pause))
               : "  It was repeated at once.\n";
  } else if (then == "retry") {
    out += "  It was to be repeated, but nobody was left to try, or the client left.\n";
  } else if (then != "not failed") {
    out += fmt::format("  It was not repeated: {}.\n", why_not_repeated(then));
  } else if (text_at(attempt, "reason") != "OK") {
    out += "  It was not repeated: it could not be, or the route has no retry.\n";
  }
}

void add_attempts(std::string& out, const object& decision) {
  const std::vector<object> attempts = objects_at(decision, "attempts");
  const std::vector<object> picks = objects_at(decision, "picks");
  const double made = number_at(decision, "attemptsMade");
  std::size_t pick = 0;
  for (std::size_t i = 0; i < attempts.size(); ++i) {
    const double endpoint = number_at(attempts[i], "endpointId");
    while (pick < picks.size()) {
      const double chosen = number_at(picks[pick], "chosenId");
      add_pick(out, picks[pick], pick + 1, endpoint);
      ++pick;
      if (chosen == endpoint) break;
    }
    const bool is_last = i + 1 == attempts.size();
    add_attempt(out, attempts[i], is_last, made > static_cast<double>(i + 1));
  }
  for (; pick < picks.size(); ++pick) add_pick(out, picks[pick], pick + 1, 0);
  if (made > static_cast<double>(attempts.size())) {
    out += fmt::format("{:.0f} more attempts are not noted.\n",
                       made - static_cast<double>(attempts.size()));
  }
  if (made == 0) out += "No endpoint was asked.\n";
}

std::string request_words(const object& from, const char* target) {
  const std::string method = text_at(from, "method");
  return method.empty() ? "A request" : fmt::format("{} {}", method, text_at(from, target));
}

void add_forecast(std::string& out, const object& explained, const object& pick) {
  const std::vector<std::string> winners = texts_at(explained, "wouldWin");
  if (number_at(pick, "eligible") == 0) {
    out += "Nobody can be picked: the client would get 503, or the route's fallback.\n";
  } else if (flag_at(explained, "keyMissing")) {
    out += fmt::format("The request has no {}, so it would be spread at random.\n",
                       text_at(explained, "keySource"));
  } else if (flag_at(explained, "draws")) {
    out += "It draws at random: no single request can be foretold, the shares can.\n";
  } else if (winners.size() == 1) {
    out += fmt::format("{} would be picked.\n", winners.front());
  } else if (!winners.empty()) {
    out += fmt::format("Level are {}: the one used least lately would be picked.\n",
                       joined(winners, ", "));
  }
}

}  // namespace

std::string decision_text(const object& decision) {
  std::string out = fmt::format("{} from {} at {}, lane {:.0f}.\n", request_words(decision, "path"),
                                text_at(decision, "client"), text_at(decision, "time"),
                                number_at(decision, "lane"));
  out += fmt::format("Route {} leads to service {}.\n", text_at(decision, "route"),
                     text_at(decision, "service"));
  add_attempts(out, decision);
  if (!flag_at(decision, "traced")) {
    out +=
        "The picks were not recorded: nobody knew that this request would fail. Send it with\n"
        "`weir-explain: 1` from an address in trusted_proxies to have them.\n";
  }
  add_out(out, objects_at(decision, "outNow"),
          "Not eligible now (it may have been otherwise then):");
  const double status = number_at(decision, "status");
  out += status != 0 ? fmt::format("The client got {:.0f}", status)
                     : std::string("The client got no answer");
  out += fmt::format(" after {} ms. Reason {}: {}.\n", short_number(number_at(decision, "tookMs")),
                     text_at(decision, "reason"), text_at(decision, "meaning"));
  if (const std::string detail = text_at(decision, "detail"); !detail.empty()) {
    out += fmt::format("weir said: {}.\n", detail);
  }
  const std::vector<std::string> flags = texts_at(decision, "flags");
  if (!flags.empty()) out += fmt::format("On the way: {}.\n", joined(flags, ", "));
  return out;
}

std::string explained_text(const object& explained) {
  std::string out = fmt::format("{} from {}, as of now. Nothing was sent.\n",
                                request_words(explained, "target"), text_at(explained, "client"));
  const object route = object_at(explained, "route");
  if (!route.empty()) {
    const std::string host = text_at(route, "host");
    out += fmt::format("Route {}{} matches", text_at(route, "path"),
                       host == "*" ? std::string() : " of host " + host);
    const std::string service = text_at(explained, "service");
    out += service.empty() ? ".\n" : fmt::format(" and leads to service {}.\n", service);
  }
  const object answer = object_at(explained, "answer");
  if (!answer.empty()) {
    out += fmt::format(
        "weir would answer {:.0f} by itself: {}{}.\n", number_at(answer, "status"),
        text_at(answer, "detail"),
        explained.contains("redirect") ? " to " + text_at(explained, "redirect") : std::string());
    return out;
  }
  const object breaker = object_at(explained, "breaker");
  if (!breaker.empty()) {
    out += fmt::format("The service's breaker is {}.\n", breaker_standing(breaker));
    if (flag_at(breaker, "enabled") && text_at(breaker, "state") == "open") {
      out += "While it is open the client gets 503 (UO), or the route's fallback. Without it:\n";
    }
  }
  const object pick = object_at(explained, "pick");
  out += pick_sentence(pick);
  if (const std::string key = text_at(explained, "keySource"); !key.empty()) {
    out += fmt::format("  It is hashed by the {}.\n", key);
  }
  add_candidates(out, pick, 0);
  add_out(out, objects_at(explained, "out"), "Not eligible:");
  add_forecast(out, explained, pick);
  return out;
}

}  // namespace weir::app
