#include "admin/admin_handler.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "admin/answer.hpp"
#include "admin/status_page.hpp"
#include "admin/view_json.hpp"
#include "base/text.hpp"
#include "http/chars.hpp"

namespace weir::admin {
namespace {

constexpr std::string_view kStyle =
    ":root{color-scheme:dark light}body{font:15px/1.5 system-ui,sans-serif;margin:2rem;"
    "background:#10151c;color:#dbe4ee}h1 small{color:#8aa;font-size:50%}table{border-collapse:"
    "collapse;width:100%}caption{text-align:left;color:#8aa}th,td{text-align:left;padding:.3rem "
    ".6rem;border-bottom:1px solid #243040}tr.service th,tr.service td{background:#18202b}"
    ".banner{background:#7a1f12;color:#fff;padding:.5rem 1rem}"
    "tr.unhealthy td{color:#ff9b8f}tr.degraded td{color:#ffd479}a{color:#7cc4ff}\n";

std::string decode_percent(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && http::hex_value(text[i + 1]) >= 0 &&
        http::hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(http::hex_value(text[i + 1]) * 16 + http::hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> query_parameter(std::string_view query, std::string_view key) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) == key) {
      return decode_percent(pair.substr(std::min(equals + 1, pair.size())));
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return std::nullopt;
}

std::string query_value(std::string_view query, std::string_view key) {
  return query_parameter(query, key).value_or(std::string());
}

const AdminHandler::Route AdminHandler::kRoutes[] = {
    {"/", "GET, HEAD", &AdminHandler::front},
    {"/health", "GET, HEAD", &AdminHandler::health},
    {"/readyz", "GET, HEAD", &AdminHandler::ready},
    {"/metrics", "GET, HEAD", &AdminHandler::metrics},
    {"/stats", "GET, HEAD", &AdminHandler::stats},
    {"/servers", "GET, HEAD", &AdminHandler::servers},
    {"/request", "GET", &AdminHandler::request, true},
    {"/assets/status.css", "GET, HEAD", &AdminHandler::front},
    {"/api/metrics", "GET, HEAD", &AdminHandler::api_metrics},
    {"/api/services", "GET, HEAD, POST", &AdminHandler::services},
    {"/api/services/{id}", "GET, HEAD, PATCH, DELETE", &AdminHandler::service},
    {"/api/services/{id}/output", "GET, HEAD", &AdminHandler::logs},
    {"/api/services/{id}/start", "POST", &AdminHandler::act},
    {"/api/services/{id}/stop", "POST", &AdminHandler::act},
    {"/api/services/{id}/restart", "POST", &AdminHandler::act},
    {"/api/algorithms", "GET, HEAD", &AdminHandler::algorithms},
    {"/api/backends", "GET, HEAD", &AdminHandler::backends},
    {"/api/topology", "GET, HEAD", &AdminHandler::topology},
    {"/api/openapi.json", "GET, HEAD", &AdminHandler::openapi},
    {"/api/openapi.yaml", "GET, HEAD", &AdminHandler::openapi},
    {"/api/services/{id}/scale-up", "POST", &AdminHandler::scale_service},
    {"/api/services/{id}/scale-down", "POST", &AdminHandler::scale_service},
    {"/api/scale", "POST", &AdminHandler::scale},
    {"/api/logs", "GET, HEAD", &AdminHandler::event_log},
    {"/api/store", "GET, HEAD", &AdminHandler::store_list},
    {"/api/store/{id}", "GET, HEAD", &AdminHandler::store_show},
    {"/api/config", "GET, HEAD", &AdminHandler::config},
    {"/api/config/reload", "POST", &AdminHandler::reload},
    {"/api/config/{id}", "DELETE", &AdminHandler::unset},
    {"/algorithm/{id}", "GET, POST", &AdminHandler::algorithm, true},
    {"/strategy", "POST", &AdminHandler::strategy},
    {"/api/circuit-breakers", "GET, HEAD", &AdminHandler::breakers},
    {"/api/circuit-breakers/reset-all", "POST", &AdminHandler::operate_breaker},
    {"/api/circuit-breakers/{id}", "GET, HEAD", &AdminHandler::breakers},
    {"/api/circuit-breakers/{id}/open", "POST", &AdminHandler::operate_breaker},
    {"/api/circuit-breakers/{id}/close", "POST", &AdminHandler::operate_breaker},
    {"/api/circuit-breakers/{id}/auto", "POST", &AdminHandler::operate_breaker},
    {"/api/circuit-breakers/{id}/reset", "POST", &AdminHandler::operate_breaker},
    {"/api/decisions", "GET, HEAD", &AdminHandler::decisions},
    {"/api/decisions/{id}", "GET, HEAD", &AdminHandler::decision},
    {"/api/explain", "GET, HEAD", &AdminHandler::explain},
    {"/api/endpoints/{id}", "GET, HEAD, PATCH", &AdminHandler::endpoint},
    {"/api/endpoints/{id}/drain", "POST", &AdminHandler::drain},
    {"/api/endpoints/{id}/undrain", "POST", &AdminHandler::drain},
    {"/api/login", "POST", &AdminHandler::login},
    {"/api/logout", "POST", &AdminHandler::logout},
    {"/api/me", "GET, HEAD", &AdminHandler::me},
    {"/api/users", "GET, HEAD, POST", &AdminHandler::users},
    {"/api/users/{id}", "PATCH, DELETE", &AdminHandler::user},
    {"/api/tokens", "GET, HEAD, POST", &AdminHandler::tokens},
    {"/api/tokens/{id}", "DELETE", &AdminHandler::token},
    {"/api/audit", "GET, HEAD", &AdminHandler::audit},
    {"/api/live", "GET", nullptr, true, true},
};

const AdminHandler::Route* AdminHandler::find(std::string_view path, AdminRequest& request) {
  for (const Route& route : kRoutes) {
    const std::size_t mark = route.pattern.find("{id}");
    if (mark == std::string_view::npos) {
      if (route.pattern == path) return &route;
      continue;
    }
    const std::string_view before = route.pattern.substr(0, mark);
    const std::string_view after = route.pattern.substr(mark + 4);
    if (!path.starts_with(before) || path.size() <= before.size() + after.size()) continue;
    if (!path.ends_with(after)) continue;
    const std::string_view id =
        path.substr(before.size(), path.size() - before.size() - after.size());
    if (id.find('/') != std::string_view::npos) continue;
    request.id = decode_percent(id);
    request.action = after.empty() ? std::string() : std::string(after.substr(1));
    return &route;
  }
  return nullptr;
}

AdminHandler::Answer AdminHandler::health(AdminRequest) {
  co_return http::json_response(200, "{\"status\":\"ok\"}\n");
}

AdminHandler::Answer AdminHandler::ready(AdminRequest) {
  const std::string why = port_.not_ready();
  if (why.empty()) co_return http::json_response(200, "{\"status\":\"ready\"}\n");
  co_return problem(503, why, "Ask again in a moment.");
}

AdminHandler::Answer AdminHandler::metrics(AdminRequest request) {
  const bool as_json = query_value(request.query, "format") == "json" ||
                       request.accept.find("application/json") != std::string::npos;
  if (as_json) co_return json(metric_backends_json(port_.traffic()));
  auto rendering = port_.prometheus();
  std::string text = co_await rendering;
  http::Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = std::move(text);
  co_return response;
}

AdminHandler::Answer AdminHandler::api_metrics(AdminRequest) {
  co_return json(metrics_json(port_.traffic()));
}

AdminHandler::Answer AdminHandler::stats(AdminRequest request) {
  const observe::TrafficView view = port_.traffic();
  const std::string id = query_value(request.query, "service");
  if (id.empty()) co_return json(stats_json(view, {}));
  const observe::ServiceView* service = find_service(view, id);
  if (service == nullptr) co_return problem(404, fmt::format("no service '{}'", id));
  co_return json(stats_json(view, service->name));
}

AdminHandler::Answer AdminHandler::servers(AdminRequest) {
  co_return json(servers_json(port_.traffic()));
}

AdminHandler::Answer AdminHandler::request(AdminRequest request) {
  auto sending = port_.send_request(query_value(request.query, "service"));
  const auto report = co_await sending;
  if (!report) co_return from_error(report.error());
  http::Response response = json(probe_json(*report));
  if (!report->success) response.status = 502;
  co_return response;
}

AdminHandler::Answer AdminHandler::act(AdminRequest request) {
  auto acting = port_.act(request.id, request.action);
  const auto done = co_await acting;
  if (!done) co_return from_error(done.error());
  request.trail->add("service." + request.action, request.id);
  base::json::object out{{"service", request.id}, {"action", request.action}, {"done", true}};
  co_return json(out);
}

AdminHandler::Answer AdminHandler::logs(AdminRequest request) {
  const auto after = number_in(request.query, "after", 0, kIdMax, 0);
  if (!after) co_return from_error(after.error());
  const auto limit = number_in(request.query, "limit", 1, kPageMax, kRecordsPage);
  if (!limit) co_return from_error(limit.error());
  const auto lines = port_.output(request.id, static_cast<std::uint64_t>(*after),
                                  static_cast<std::size_t>(*limit));
  if (!lines) co_return from_error(lines.error());
  co_return json(output_json(*lines));
}

AdminHandler::Answer AdminHandler::front(AdminRequest request) {
  http::Response response;
  if (request.path == "/assets/status.css") {
    response.content_type = "text/css; charset=utf-8";
    response.body = kStyle;
    co_return response;
  }
  const About about = port_.about();
  if (request.accept.find("text/html") != std::string::npos) {
    response.content_type = "text/html; charset=utf-8";
    response.body = status_page(port_.traffic(), about.version, access_.is_insecure());
    co_return response;
  }
  base::json::object links;
  for (const Route& route : kRoutes) links[route.pattern] = route.methods;
  co_return json(base::json::object{
      {"name", "weir"}, {"version", about.version}, {"links", std::move(links)}});
}

}  // namespace weir::admin
