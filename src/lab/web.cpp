#include "lab/web.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"
#include "http/head_writer.hpp"
#include "lab/data_text.hpp"

namespace weir::lab {
namespace {

constexpr std::size_t kDataDefault = 1024;
constexpr std::size_t kDataMax = 10u << 20;
constexpr std::size_t kEchoMax = 1u << 20;
// A larger array is sent in pieces of this size, so that many clients of 10 MiB stay far below the
// service's memory bound.
constexpr std::size_t kPiece = 64 * 1024;

enum class Path : std::uint8_t { root, health, metrics, data, echo, headers, unknown };

struct Place {
  std::string_view path;
  Path id;
  std::string_view allow;
};
constexpr std::string_view kReading = "GET, HEAD";
constexpr std::array<Place, 6> kPlaces = {{
    {"/", Path::root, kReading},
    {"/health", Path::health, kReading},
    {"/metrics", Path::metrics, kReading},
    {"/api/data", Path::data, kReading},
    {"/echo", Path::echo, "POST"},
    {"/headers", Path::headers, ""},  // any
}};

http::Response problem(std::uint16_t status, std::string detail, std::string_view action = {}) {
  http::Problem about;
  about.status = status;
  about.detail = std::move(detail);
  about.action = action;
  return http::problem_response(about);
}

// The value of `key` in "?a=1&b=2"; no escapes: the values are numbers.
std::string_view query_value(std::string_view query, std::string_view key) {
  if (!query.empty()) query.remove_prefix(1);
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.substr(0, pair.find('=')) != key) continue;
    return pair.size() > key.size() ? pair.substr(key.size() + 1) : std::string_view();
  }
  return {};
}

std::string describe(const http::RequestHead& head) {
  base::json::array fields;
  for (const http::Field& field : head.fields) {
    fields.push_back(base::json::array{base::json::string(head.fields.name(field)),
                                       base::json::string(head.fields.value(field))});
  }
  base::json::object out;
  out["method"] = head.method;
  out["target"] = head.target;
  out["version"] = fmt::format("HTTP/1.{}", head.minor);
  out["fields"] = std::move(fields);
  return base::json::serialize(out) + "\n";
}

}  // namespace

struct WebHandler::Asked {
  explicit Asked(const http::RequestHead& head) : method(head.method), path(head.path) {
    const auto* place = std::find_if(kPlaces.begin(), kPlaces.end(),
                                     [&](const Place& known) { return known.path == path; });
    if (place == kPlaces.end()) return;
    id = place->id;
    allow = place->allow;
    if (id == Path::headers) description = describe(head);
    if (id == Path::echo) content_type = head.fields.find(http::FieldId::content_type);
    if (id == Path::data) size = data_size(head.query);
  }

  bool is_allowed() const {
    return allow.empty() || allow == method ||
           (allow == kReading && (method == "GET" || method == "HEAD"));
  }
  bool is_spared() const { return id == Path::health || id == Path::metrics; }

  static std::optional<std::size_t> data_size(std::string_view query) {
    const std::string_view text = query_value(query, "size");
    if (text.empty()) return kDataDefault;
    const auto number = base::parse_uint(text);
    if (!number || *number > kDataMax) return std::nullopt;
    return *number;
  }

  std::string method;
  std::string path;
  Path id = Path::unknown;
  std::string_view allow;
  std::string description;
  std::string content_type;
  std::optional<std::size_t> size;  // none: out of range
};

WebHandler::WebHandler(http::LaneContext& context, const WebOptions& options, std::string instance)
    : context_(context),
      options_(options),
      instance_(instance.empty() ? std::to_string(::getpid()) : std::move(instance)),
      metrics_(context.lane.precise_now()),
      rng_(options.seed),
      free_at_(options.at_once) {}

void WebHandler::add_facts(base::json::object& facts) {
  facts["requests"] = metrics_.requests();
  facts["errors"] = metrics_.failed();
}

base::Duration WebHandler::pick_delay() {
  if (options_.latency.count() == 0 && options_.jitter.count() == 0) return {};
  const double spread = (2 * rng_.unit() - 1) * static_cast<double>(options_.jitter.count());
  const base::Duration delay = options_.latency + base::Duration(static_cast<long>(spread));
  return wait_in_line(std::max(delay, base::Duration::zero()));
}

// First come, first served: who comes now is done when a worker has done all before it and this.
base::Duration WebHandler::wait_in_line(base::Duration work) {
  if (free_at_.empty()) return work;
  const base::Time now = context_.lane.precise_now();
  const auto worker = std::ranges::min_element(free_at_);
  *worker = std::max(*worker, now) + work;
  return *worker - now;
}

runtime::Task<void> WebHandler::serve(http::Exchange& exchange) {
  const Asked asked(exchange.head());
  if (!asked.is_spared()) {
    const base::Duration delay = pick_delay();
    if (delay.count() > 0) co_await runtime::sleep_for(context_.lane, delay, &hurry_);
  }
  const bool fails = !asked.is_spared() && rng_.unit() < options_.fail_rate;
  if (!fails && asked.id == Path::data && asked.is_allowed() && asked.size > kPiece) {
    auto sending = send_data(exchange, *asked.size);
    co_await sending;
  } else {
    http::Response response;
    if (fails) {
      response = problem(500, "this failure was asked for", "start it with --fail-rate 0");
    } else {
      auto answering = answer(exchange, asked);
      response = co_await answering;
    }
    if (response.status == 0) {  // the body did not arrive: nobody to answer
      exchange.abort();
      co_return;
    }
    auto responding = exchange.respond(std::move(response));
    const auto sent = co_await responding;
    if (!sent) exchange.abort();
  }
  metrics_.count(asked.method, exchange.status(), context_.lane.precise_now() - exchange.started());
}

runtime::Task<http::Response> WebHandler::answer(http::Exchange& exchange, const Asked& asked) {
  if (asked.id == Path::unknown) {
    co_return problem(404, fmt::format("{} has no '{}'", options_.name, asked.path),
                      "ask for /, /health, /metrics, /api/data, /echo or /headers");
  }
  if (!asked.is_allowed()) {
    http::Response refused = problem(405, fmt::format("'{}' takes {}", asked.path, asked.allow));
    refused.fields.emplace_back("Allow", asked.allow);
    co_return refused;
  }
  switch (asked.id) {
    case Path::health:
      co_return http::json_response(200, "{\"status\":\"ok\"}\n");
    case Path::metrics: {
      std::string text = metrics_.text(context_.lane.precise_now(), own_rss_bytes());
      co_return http::Response{.status = 200,
                               .content_type = "text/plain; version=0.0.4; charset=utf-8",
                               .body = std::move(text)};
    }
    case Path::data: {
      if (!asked.size) co_return problem(422, "size must be a number from 0 to 10485760");
      const DataText text(*asked.size);
      std::string body(text.size(), '\0');
      text.read(0, body);
      co_return http::json_response(200, std::move(body));
    }
    case Path::echo:
    case Path::headers: {
      auto echoing = answer_echo(exchange, asked);
      co_return co_await echoing;
    }
    default:
      co_return answer_root(asked);
  }
}

http::Response WebHandler::answer_root(const Asked& asked) const {
  base::json::object out;
  out["service"] = options_.name;
  const auto number = base::parse_uint(instance_);
  if (number) {
    out["instance"] = *number;
  } else {
    out["instance"] = instance_;
  }
  out["pid"] = ::getpid();
  out["path"] = asked.path;
  out["requests"] = metrics_.requests() + 1;
  out["time"] = std::string_view(base::rfc3339(base::wall_ms()).text);
  return http::json_response(200, base::json::serialize(out) + "\n");
}

// Takes the whole body first, so that the connection can live on.
runtime::Task<http::Response> WebHandler::answer_echo(http::Exchange& exchange,
                                                      const Asked& asked) {
  auto reading = exchange.read_body(kEchoMax);
  auto body = co_await reading;
  if (!body) {
    switch (body.error().code()) {
      case base::Errc::too_large:
        co_return problem(413, "the body is over 1 MiB");
      case base::Errc::bad_message:
        co_return problem(400, std::string(body.error().detail()));
      case base::Errc::deadline:
        co_return problem(408, std::string(body.error().detail()));
      default:
        co_return http::Response{.status = 0};
    }
  }
  if (asked.id == Path::headers) co_return http::json_response(200, asked.description);
  http::Response response;
  response.content_type =
      asked.content_type.empty() ? "application/octet-stream" : asked.content_type;
  response.body = std::move(*body);
  co_return response;
}

runtime::Task<void> WebHandler::send_data(http::Exchange& exchange, std::size_t size) {
  if (!exchange.body().done()) exchange.close_after();
  exchange.set_responded(200);
  const DataText text(size);
  std::string head = fmt::format(
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: {}\r\nContent-Length: {}\r\n"
      "Connection: {}\r\n\r\n",
      context_.date.text(context_.lane.now()), size,
      exchange.keep_alive() ? "keep-alive" : "close");
  std::string piece(exchange.is_head_request() ? 0 : kPiece, '\0');
  std::size_t at = 0;
  do {
    const std::size_t n = std::min(size - at, piece.size());
    text.read(at, std::span(piece.data(), n));
    at += n;
    auto sending = exchange.send({.head = head, .body = std::string_view(piece).substr(0, n)});
    const auto sent = co_await sending;
    if (!sent) co_return;
    head.clear();
  } while (at < size && !exchange.is_head_request());
}

}  // namespace weir::lab
