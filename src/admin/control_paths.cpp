// AdminHandler, the paths that change balancing while weir runs: algorithm, breakers, drain,
// weight.
#include <fmt/format.h>

#include <array>

#include "admin/admin_handler.hpp"
#include "admin/answer.hpp"
#include "admin/control_json.hpp"
#include "admin/page.hpp"
#include "admin/view_json.hpp"
#include "base/text.hpp"

namespace weir::admin {
namespace {

constexpr std::string_view kWays = "GET /api/services shows what there is.";

std::string unknown_algorithm(std::string_view word) {
  const std::vector<std::string> names(balance::kAlgorithmNames.begin(),
                                       balance::kAlgorithmNames.end());
  return control::no_such("algorithm", word, names);
}

http::Response missing_endpoint(const observe::TrafficView& view, std::string_view id) {
  std::vector<std::string> names;
  for (const auto& service : view.services) {
    for (const auto& endpoint : service.endpoints) names.push_back(endpoint.name);
  }
  return problem(404, control::no_such("endpoint", id, names), kWays);
}

// As JSON, like all values of the audit table.
std::string quoted(std::string_view text) {
  return base::to_text(base::json::value(base::json::string(text)));
}

std::string subject_of(std::string_view service, std::string_view endpoint) {
  return endpoint.empty() ? std::string(service) : fmt::format("{}/{}", service, endpoint);
}

}  // namespace

AdminHandler::Answer AdminHandler::change_algorithm(AdminRequest request, std::string service,
                                                    balance::Algorithm algorithm) {
  auto changing = port_.set_algorithm(std::move(service), algorithm, request.by);
  const auto changes = co_await changing;
  if (!changes) co_return from_error(changes.error());
  for (const auto& each : *changes) {
    request.trail->add("algorithm.set", each.service, quoted(each.from), quoted(each.to));
  }
  co_return json(algorithm_json(balance::name(algorithm), *changes));
}

AdminHandler::Answer AdminHandler::algorithm(AdminRequest request) {
  const auto algorithm = balance::parse_algorithm(request.id);
  if (!algorithm) co_return problem(404, unknown_algorithm(request.id));
  const std::string service = query_value(request.query, "service");
  const std::string pin = query_value(request.query, "pin");
  if (pin.empty()) {
    auto changing = change_algorithm(std::move(request), service, *algorithm);
    co_return co_await changing;
  }
  if (*algorithm != balance::Algorithm::adaptive) {
    co_return problem(422, fmt::format("pin: only adaptive has arms, not {}", request.id));
  }
  if (service.empty()) co_return problem(422, "pin: name the service: ?service=NAME&pin=ARM");
  const auto arm = balance::parse_algorithm(pin);
  if (!arm && pin != "none") co_return problem(422, "pin: " + unknown_algorithm(pin));
  const auto done = port_.pin_arm(service, arm, request.by);
  if (!done) co_return from_error(done.error());
  request.trail->add("adaptive.pin", service, {}, quoted(pin));
  co_return json(base::json::object{
      {"success", true}, {"service", service}, {"algorithm", "adaptive"}, {"pinned", pin}});
}

AdminHandler::Answer AdminHandler::algorithms(AdminRequest request) {
  const observe::TrafficView view = port_.traffic();
  const std::string id = query_value(request.query, "service");
  if (!id.empty() && find_service(view, id) == nullptr) {
    std::vector<std::string> names;
    for (const auto& each : view.services) names.push_back(each.name);
    co_return problem(404, control::no_such("service", id, names));
  }
  co_return json(algorithms_json(view, id));
}

// The two strategies of SQL replicas. Without a name: the replicas, else the only service.
AdminHandler::Answer AdminHandler::strategy(AdminRequest request) {
  constexpr std::string_view kExpected = "round_robin or response_time";
  const std::string word = query_value(request.query, "strategy");
  const auto algorithm = balance::parse_algorithm(word);
  if (word.empty()) co_return problem(422, fmt::format("strategy: missing; {}", kExpected));
  if (!algorithm) {
    constexpr std::array<std::string_view, 2> kNames = {"round_robin", "response_time"};
    const std::string_view near = base::nearest(word, kNames);
    co_return problem(
        422, fmt::format("strategy: '{}' is not {}{}", word.substr(0, 64), kExpected,
                         near.empty() ? std::string() : fmt::format("; did you mean {}?", near)));
  }
  const bool is_strategy = *algorithm == balance::Algorithm::round_robin ||
                           *algorithm == balance::Algorithm::response_time;
  if (!is_strategy) {
    co_return problem(422, fmt::format("strategy: {} is not {}", word, kExpected),
                      "POST /algorithm/{algo} takes every algorithm.");
  }
  std::string service = query_value(request.query, "service");
  if (service.empty()) {
    const observe::TrafficView view = port_.traffic();
    std::string names;
    for (const auto& each : view.services) names += (names.empty() ? "" : ", ") + each.name;
    if (view.services.size() != 1) {
      co_return problem(422,
                        "service: there are no SQL replicas; name one of the services: " + names);
    }
    service = view.services.front().name;
  }
  auto changing = change_algorithm(std::move(request), std::move(service), *algorithm);
  co_return co_await changing;
}

AdminHandler::Answer AdminHandler::breakers(AdminRequest request) {
  const auto page = page_in(request.query);
  if (!page) co_return from_error(page.error());
  const observe::TrafficView view = port_.traffic();
  base::json::object out = breakers_json(view, request.id);
  if (!request.id.empty() && out["circuitBreakers"].as_array().empty()) {
    std::vector<std::string> names;
    for (const auto& service : view.services) names.push_back(service.name);
    for (const auto& service : view.services) {
      for (const auto& endpoint : service.endpoints) names.push_back(endpoint.name);
    }
    co_return problem(404, control::no_such("service or endpoint", request.id, names));
  }
  cut_to_page(out, "circuitBreakers", *page);
  co_return json(out);
}

AdminHandler::Answer AdminHandler::operate_breaker(AdminRequest request) {
  const bool is_all = request.id.empty();
  const auto action =
      is_all ? control::BreakerAction::reset : control::parse_breaker_action(request.action);
  if (!action) co_return problem(404, "no such path");
  const std::string endpoint = query_value(request.query, "endpoint");
  if (is_all && !endpoint.empty()) {
    co_return problem(422, "endpoint: reset-all takes none",
                      "POST /api/circuit-breakers/{service}/reset?endpoint=NAME");
  }
  const auto done = port_.operate_breakers({request.id, endpoint}, *action, request.by);
  if (!done) co_return from_error(done.error());
  request.trail->is_noted = true;
  for (const auto& each : *done) {
    if (!each.changed) continue;
    request.trail->add(fmt::format("breaker.{}", control::name(*action)),
                       subject_of(each.service, each.endpoint), quoted(each.from), quoted(each.to));
  }
  co_return json(operated_json(*action, *done));
}

AdminHandler::Answer AdminHandler::drain(AdminRequest request) {
  const bool draining = request.action == "drain";
  const auto done =
      port_.set_draining({request.id, query_value(request.query, "service")}, draining, request.by);
  if (!done) co_return from_error(done.error());
  request.trail->is_noted = true;
  if (done->changed) {
    request.trail->add(request.action, subject_of(done->service, done->endpoint),
                       draining ? "false" : "true", draining ? "true" : "false");
  }
  co_return json(drain_json(*done, draining));
}

AdminHandler::Answer AdminHandler::endpoint(AdminRequest request) {
  const control::EndpointName name{request.id, query_value(request.query, "service")};
  if (request.method == "PATCH") {
    const auto weight = parse_weight(request.body);
    if (!weight) co_return from_error(weight.error());
    const auto done = port_.set_weight(name, *weight, request.by);
    if (!done) co_return from_error(done.error());
    request.trail->add("weight.set", subject_of(done->service, done->endpoint),
                       std::to_string(done->from), std::to_string(done->to));
    co_return json(weight_json(*done));
  }
  const observe::TrafficView view = port_.traffic();
  const auto id = base::parse_uint(request.id);
  for (const auto& service : view.services) {
    if (!name.service.empty() && find_service(view, name.service) != &service) continue;
    for (const auto& each : service.endpoints) {
      if (each.name != request.id && (!id || *id != each.id)) continue;
      base::json::object out = endpoint_json(each);
      out["service"] = service.name;
      co_return json(out);
    }
  }
  co_return missing_endpoint(view, request.id);
}

}  // namespace weir::admin
