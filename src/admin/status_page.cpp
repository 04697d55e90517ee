#include "admin/status_page.hpp"

#include <fmt/format.h>

#include "base/clock.hpp"

namespace weir::admin {
namespace {

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>weir</title>
<link rel="stylesheet" href="/assets/status.css"></head><body>
)";

constexpr std::string_view kBanner =
    "<p class=\"banner\">Insecure: others can reach this address, and nothing encrypts what they "
    "send (admin.insecure: true).</p>\n";

// A reason says its state itself, but for what is no host state ("stopped").
std::string standing(const observe::EndpointView& endpoint) {
  if (endpoint.reason.empty()) return endpoint.state;
  if (endpoint.reason.starts_with(endpoint.state)) return endpoint.reason;
  return endpoint.state + ": " + endpoint.reason;
}

std::string standing(const observe::ServiceView& service) {
  std::string out = service.state;
  if (service.panic) out += ", panic";
  if (service.breaker.state != "closed" || service.breaker.forced) {
    out += fmt::format(", breaker {}{}", service.breaker.forced ? "forced " : "",
                       service.breaker.state);
  }
  return out;
}

std::string service_rows(const observe::ServiceView& service) {
  std::string rows = fmt::format(
      "<tr class=\"service {0}\"><th scope=\"row\">{1}</th><td>{8}</td><td>{2}</td>"
      "<td>{3:.1f}</td><td>{4:.1f}</td><td>{5:.1f}</td><td>{6:.2f} %</td><td>{7}</td></tr>\n",
      escape_html(service.state), escape_html(service.name), escape_html(service.algorithm),
      service.load.rps, service.load.p50_ms, service.load.p99_ms, service.load.error_ratio * 100,
      service.load.requests, escape_html(standing(service)));
  for (const auto& endpoint : service.endpoints) {
    rows += fmt::format(
        "<tr class=\"{0}\"><td>&nbsp;&nbsp;{1}</td><td>{2}</td><td>{3}</td><td>{4:.1f}</td>"
        "<td>{5:.1f}</td><td>{6:.1f}</td><td>{7:.2f} %</td><td>{8}</td></tr>\n",
        endpoint.healthy ? "healthy" : "unhealthy", escape_html(endpoint.name),
        escape_html(standing(endpoint)), escape_html(endpoint.address), endpoint.load.rps,
        endpoint.load.p50_ms, endpoint.load.p99_ms, endpoint.load.error_ratio * 100,
        endpoint.load.requests);
  }
  return rows;
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
          out += "\xef\xbf\xbd";
        } else {
          out += c;
        }
    }
  }
  return out;
}

std::string login_page(bool is_insecure) {
  std::string page(kHead);
  if (is_insecure) page += kBanner;
  page +=
      "<h1>weir</h1>\n<p>This weir has users, and you are not logged in.</p>\n<p>On the command "
      "line: <code>WEIR_TOKEN=weir_&hellip; weir status</code>, with a token of <code>weir token "
      "add NAME --role viewer</code>. Over HTTP: POST /api/login.</p>\n</body></html>\n";
  return page;
}

std::string status_page(const observe::TrafficView& view, const std::string& version,
                        bool is_insecure) {
  std::string page(kHead);
  if (is_insecure) page += kBanner;
  const auto& totals = view.totals;
  page += fmt::format(
      "<h1>weir <small>{}</small></h1>\n<p>{} of {} services healthy, {} of {} endpoints, "
      "{} connections, {:.1f} requests/s, up {:.0f} s. As of {}.</p>\n",
      escape_html(version), totals.services_healthy, totals.services, totals.endpoints_healthy,
      totals.endpoints, totals.connections, totals.load.rps, totals.uptime_seconds,
      base::rfc3339(view.wall_ms).text);
  page +=
      "<table><caption>Services and their endpoints, over the last 10 s</caption>\n<thead><tr>"
      "<th>name</th><th>state</th><th>algorithm, address</th><th>requests/s</th><th>p50 ms</th>"
      "<th>p99 ms</th><th>errors</th><th>requests</th></tr></thead><tbody>\n";
  for (const auto& service : view.services) page += service_rows(service);
  page +=
      "</tbody></table>\n<p>The same as data: <a href=\"/api/services\">/api/services</a>, "
      "<a href=\"/api/metrics\">/api/metrics</a>, <a href=\"/stats\">/stats</a>, "
      "<a href=\"/metrics\">/metrics</a> (Prometheus).</p>\n</body></html>\n";
  return page;
}

}  // namespace weir::admin
