// AdminHandler, the paths that explain: what was decided for exchanges, and what would be for a
// request that is not sent.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "admin/admin_handler.hpp"
#include "admin/answer.hpp"
#include "admin/decision_json.hpp"
#include "admin/page.hpp"
#include "admin/view_json.hpp"
#include "base/text.hpp"
#include "http/chars.hpp"
#include "net/address.hpp"

namespace weir::admin {
namespace {

constexpr std::size_t kFieldsMax = 50;
constexpr std::string_view kWhatIsKept =
    "Kept are the last exchanges that failed or were repeated, one in 2,000 of the rest, and those "
    "sent with `weir-explain: 1` from an address in trusted_proxies; 256 a lane.";

bool is_one_line(std::string_view text) noexcept {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

std::string unknown_reason(std::string_view wanted) {
  std::string codes;
  for (std::size_t i = 0; i < telemetry::kReasonCount; ++i) {
    const std::string_view code = telemetry::code(static_cast<telemetry::Reason>(i));
    if (code == wanted) return {};
    codes += (codes.empty() ? "" : ", ") + std::string(code);
  }
  return fmt::format("reason: '{}' is none of {}", wanted.substr(0, 64), codes);
}

// Every `header=Name: value` of the query, and `host`.
base::Result<void> read_fields(std::string_view query, gateway::RequestSketch& sketch) {
  std::string host = query_value(query, "host");
  for (std::string_view rest = query; !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (!pair.starts_with("header=")) continue;
    const std::string text = query_value(pair, "header");
    const std::size_t colon = text.find(':');
    if (colon == 0 || colon == std::string::npos) {
      return base::fail(base::Errc::invalid_argument,
                        fmt::format("header: '{}' is not `Name: value`", text.substr(0, 64)));
    }
    const std::string name = text.substr(0, colon);
    const std::string value(http::trim(std::string_view(text).substr(colon + 1)));
    if (base::equals_ignore_case(name, "host")) {
      host = value;
      continue;
    }
    if (sketch.fields.size() == kFieldsMax) {
      return base::fail(base::Errc::invalid_argument, "header: more than 50");
    }
    sketch.fields.emplace_back(name, value);
  }
  sketch.fields.emplace_back("Host", host.empty() ? "localhost" : host);
  return {};
}

base::Result<gateway::RequestSketch> read_sketch(std::string_view query) {
  gateway::RequestSketch sketch;
  const auto given = [query](std::string_view key, std::string& into) {
    if (std::string text = query_value(query, key); !text.empty()) into = std::move(text);
  };
  given("method", sketch.method);
  given("path", sketch.target);
  given("client", sketch.client);
  WEIR_CHECK(read_fields(query, sketch));
  bool one_line = is_one_line(sketch.method) && is_one_line(sketch.target);
  for (const auto& [name, value] : sketch.fields) {
    one_line = one_line && is_one_line(name) && is_one_line(value);
  }
  if (!one_line) {
    return base::fail(base::Errc::invalid_argument, "a control character in the request");
  }
  if (!net::Address::ip(sketch.client, 0)) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("client: '{}' is not an IP address",
                                  std::string_view(sketch.client).substr(0, 64)));
  }
  return sketch;
}

}  // namespace

AdminHandler::Answer AdminHandler::decisions(AdminRequest request) {
  gateway::DecisionFilter filter;
  const auto limit = number_in(request.query, "limit", 1, kPageMax, kRecordsPage);
  if (!limit) co_return from_error(limit.error());
  filter.limit = static_cast<std::size_t>(*limit);
  if (const auto reason = query_parameter(request.query, "reason"); reason) {
    const std::string wrong = unknown_reason(*reason);
    if (!wrong.empty()) co_return problem(422, wrong);
    filter.reason = *reason;
  }
  const observe::TrafficView view = port_.traffic();
  if (const std::string id = query_value(request.query, "service"); !id.empty()) {
    const observe::ServiceView* service = find_service(view, id);
    if (service == nullptr) {
      std::vector<std::string> names;
      for (const auto& each : view.services) names.push_back(each.name);
      co_return problem(404, control::no_such("service", id, names));
    }
    filter.service = service->name;
  }
  auto gathering = port_.decisions(std::move(filter));
  const auto found = co_await gathering;
  if (!found) co_return from_error(found.error());
  base::json::object out = decisions_json(*found, view);
  out["limit"] = *limit;
  out["kept"] = base::json::string(kWhatIsKept);
  co_return json(out);
}

AdminHandler::Answer AdminHandler::decision(AdminRequest request) {
  auto finding = port_.decision(request.id);
  const auto found = co_await finding;
  if (!found) {
    if (found.error().code() != base::Errc::not_found) co_return from_error(found.error());
    co_return problem(404,
                      fmt::format("no decision is kept for request {}",
                                  std::string_view(request.id).substr(0, 64)),
                      kWhatIsKept);
  }
  const observe::TrafficView view = port_.traffic();
  base::json::object out = decision_json(*found, view);
  out["outNow"] = out_now_json(view, found->service);
  co_return json(out);
}

AdminHandler::Answer AdminHandler::explain(AdminRequest request) {
  auto sketch = read_sketch(request.query);
  if (!sketch) co_return from_error(sketch.error());
  auto explaining = port_.explain(std::move(*sketch), query_value(request.query, "listener"));
  const auto explained = co_await explaining;
  if (!explained) co_return from_error(explained.error());
  co_return json(explained_json(*explained, port_.traffic()));
}

}  // namespace weir::admin
