// HttpProxy::explain: what would be done with a request, without sending it. It asks the code that
// decides for real: parser, route table, the lane's pickers. Not asked: rate limits, concurrency
// and retry budgets, which only taking from them could answer.
#include <algorithm>

#include "gateway/http_proxy.hpp"
#include "gateway/request_key.hpp"
#include "http/h1_request.hpp"
#include "runtime/lane.hpp"

namespace weir::gateway {
namespace {

using balance::Algorithm;

std::string head_text(const RequestSketch& sketch) {
  std::string text = sketch.method + " " + sketch.target + " HTTP/1.1\r\n";
  for (const auto& [name, value] : sketch.fields) text += name + ": " + value + "\r\n";
  return text + "\r\n";
}

std::string key_text(const config::HashKey& key) {
  switch (key.source) {
    case config::HashKey::Source::none:
      break;
    case config::HashKey::Source::client_ip:
      return "client address";
    case config::HashKey::Source::path:
      return "path";
    case config::HashKey::Source::header:
      return "header " + key.name;
    case config::HashKey::Source::cookie:
      return "cookie " + key.name;
  }
  return {};
}

bool is_drawn(Algorithm algorithm) noexcept {
  return algorithm == Algorithm::random_two || algorithm == Algorithm::least_response_time ||
         algorithm == Algorithm::response_time || algorithm == Algorithm::adaptive;
}

// Every pair is equally likely and its better half wins; a level pair counts half for each.
std::vector<double> pair_shares(const upstream::PickNote& pick) {
  const std::size_t n = pick.candidates.size();
  if (n == 1) return {1.0};
  std::vector<double> shares(n, 0);
  const double pairs = static_cast<double>(n) * static_cast<double>(n - 1) / 2;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < n; ++k) {
      if (i == k) continue;
      const double mine = pick.candidates[i].score;
      const double other = pick.candidates[k].score;
      const bool better = pick.highest_wins ? mine > other : mine < other;
      shares[i] += (better ? 1.0 : (mine == other ? 0.5 : 0.0)) / pairs;
    }
  }
  return shares;
}

// Candidates beyond those listed could win as well: then nothing is foretold.
void foretell(ExplainedRequest& out) {
  const upstream::PickNote& pick = out.pick;
  if (pick.candidates.empty() || pick.candidates.size() != pick.eligible) return;
  if (out.key_is_missing) return;
  if (out.draws && pick.score_meaning.starts_with("share")) {
    for (const auto& each : pick.candidates) out.shares.push_back(each.score);
  } else if (out.draws) {
    out.shares = pair_shares(pick);
  } else {
    const auto by_score = [](const auto& a, const auto& b) { return a.score < b.score; };
    const auto [least, most] = std::ranges::minmax_element(pick.candidates, by_score);
    const double best = pick.highest_wins ? most->score : least->score;
    for (const auto& each : pick.candidates) {
      if (each.score == best) out.winners.push_back(each.endpoint);
    }
  }
}

void answer_alone(ExplainedRequest& out, unsigned status, std::string why) {
  out.status = static_cast<std::uint16_t>(status);
  out.problem = std::move(why);
}

}  // namespace

ExplainedRequest HttpProxy::explain(const RequestSketch& sketch) {
  ExplainedRequest out;
  out.request = sketch;
  const std::string text = head_text(sketch);
  const http::HeadLimits limits;
  std::vector<char> scratch(std::max<std::size_t>(text.size(), limits.line_max));
  const auto head = std::make_unique<http::RequestHead>();
  const http::Verdict verdict = http::parse_request(text, limits, scratch, *head);
  if (!verdict.is_complete() || head->bytes != text.size()) {
    answer_alone(out, verdict.is_refused() ? verdict.status : 400,
                 verdict.is_refused() ? verdict.why : "not one whole request head");
    return out;
  }
  const auto table = routes_.hold();
  const RouteMatch match = table->find(sketch.listener, head->authority, head->path, head->method);
  if (match.route == nullptr) {
    answer_alone(out, match.method_refused ? 405 : 404,
                 match.method_refused ? "no route takes this method here"
                                      : "no route matches this host and path");
    return out;
  }
  const config::Route& route = match.route->settings;
  out.route_host = route.match.host;
  out.route = route.match.path;
  if (head->has_kept_escape && route.escapes != config::Escapes::keep) {
    answer_alone(out, 400, "an encoded slash or backslash in the path");
    return out;
  }
  if (route.redirect) {
    out.redirect = route.redirect->location;
    answer_alone(out, static_cast<unsigned>(route.redirect->status), "the route redirects");
    return out;
  }
  out.service = match.route->service->name;
  upstream::ServiceLane& service = lane_of(match.route->service);
  const auto set = service.hold();
  const upstream::ServicePolicy& policy = *set->policy;
  const Algorithm algorithm = policy.arms[policy.arm];
  const config::HashKey hashed = key_source(policy.balance, algorithm);
  const auto key = request_key(hashed, *head, sketch.client);
  out.key_source = key_text(hashed);
  out.key_is_missing = !out.key_source.empty() && !key;
  out.pick =
      service.explain(*set, {}, {.key = key.value_or(0), .arm = policy.arm}, context_.lane.now());
  out.draws = out.key_is_missing || is_drawn(algorithm);
  if (const auto id = sticky_endpoint(*head, *match.route, *set); id != 0) {
    out.pick.sticky = true;
    out.draws = false;
    out.winners = {id};
    return out;
  }
  foretell(out);
  return out;
}

}  // namespace weir::gateway
