// AdminHandler, the life of a request: guard → route → who asks and may they → once → answer →
// audit. What a path answers is in the other files.
#include <fmt/format.h>

#include <algorithm>

#include "admin/admin_handler.hpp"
#include "admin/answer.hpp"
#include "admin/status_page.hpp"
#include "base/text.hpp"
#include "http/websocket.hpp"
#include "store/credentials.hpp"

namespace weir::admin {
namespace {

constexpr std::size_t kBodyMax = 1u << 20;

std::string_view field_named(const http::RequestHead& head, std::string_view name) {
  for (const http::Field& field : head.fields) {
    if (base::equals_ignore_case(head.fields.name(field), name)) return head.fields.value(field);
  }
  return {};
}

bool takes(std::string_view methods, std::string_view method) {
  while (!methods.empty()) {
    const std::size_t end = std::min(methods.find(", "), methods.size());
    if (methods.substr(0, end) == method) return true;
    methods.remove_prefix(std::min(end + 2, methods.size()));
  }
  return false;
}

// "127.0.0.1 weir-cli": the address, and what the program calls itself.
std::string origin_of(const http::Exchange& exchange) {
  constexpr std::size_t kAgentShown = 64;
  std::string out(exchange.peer().host_text());
  const std::string_view agent = field_named(exchange.head(), "user-agent");
  if (!agent.empty()) out += fmt::format(" {}", agent.substr(0, kAgentShown));
  return out;
}

bool is_change_method(std::string_view method) { return method != "GET" && method != "HEAD"; }

void add_common_fields(http::Response& response) {
  response.fields.emplace_back("Cache-Control", "no-store");
  response.fields.emplace_back("X-Content-Type-Options", "nosniff");
  response.fields.emplace_back("Content-Security-Policy",
                               "default-src 'none'; style-src 'self'; frame-ancestors 'none'; "
                               "base-uri 'none'; form-action 'none'");
}

http::Response forbidden(const AccessVerdict& verdict, const AdminRequest& request,
                         bool is_insecure) {
  http::Response response = problem(verdict.status, verdict.why, verdict.action);
  const bool is_page = request.path == "/" && verdict.status == 401 &&
                       request.accept.find("text/html") != std::string::npos;
  if (is_page) {
    response.content_type = "text/html; charset=utf-8";
    response.body = login_page(is_insecure);
  }
  if (verdict.status == 401) {
    response.fields.emplace_back("WWW-Authenticate", "Bearer realm=\"weir\"");
  }
  return response;
}

}  // namespace

GuardVerdict AdminHandler::guard(const http::RequestHead& head, const Route* route) const {
  GuardFacts facts;
  facts.method = head.method;
  facts.authority = head.authority;
  facts.origin = field_named(head, "origin");
  facts.referer = field_named(head, "referer");
  facts.sec_fetch_site = field_named(head, "sec-fetch-site");
  facts.sec_purpose = field_named(head, "sec-purpose");
  if (facts.sec_purpose.empty()) facts.sec_purpose = field_named(head, "purpose");
  facts.content_type = head.fields.find(http::FieldId::content_type);
  facts.own_header = field_named(head, "x-weir-request");
  facts.has_cookie = head.fields.find(http::FieldId::cookie).data() != nullptr;
  facts.has_sec_fetch = !facts.sec_fetch_site.empty() ||
                        field_named(head, "sec-fetch-mode").data() != nullptr ||
                        field_named(head, "sec-fetch-dest").data() != nullptr;
  facts.has_body = head.framing != http::Framing::none;
  // A POST on such a path is a change like any other.
  const bool is_post = head.method == "POST" && route != nullptr && takes(route->methods, "POST");
  facts.guarded = route != nullptr && route->guarded && !is_post;
  return judge(facts, hosts_);
}

// The answer to what is not let through; nothing: it is.
std::optional<http::Response> AdminHandler::refuse(const http::RequestHead& head,
                                                   const Route* route,
                                                   const AdminRequest& request) {
  const GuardVerdict verdict = guard(head, route);
  if (verdict.status != 0) {
    http::Response response =
        problem(static_cast<std::uint16_t>(verdict.status), verdict.why, verdict.action);
    if (verdict.status == 405) response.fields.emplace_back("Allow", std::string(route->methods));
    response.close = true;
    return response;
  }
  if (route == nullptr) {
    return problem(404, "no such path", "GET / with Accept: application/json lists them.");
  }
  if (!takes(route->methods, request.method)) {
    http::Response response =
        problem(405, fmt::format("{} does not take {}", request.path, request.method));
    response.fields.emplace_back("Allow", std::string(route->methods));
    return response;
  }
  const Need need = need_of(request.method, route->pattern, route->guarded && !route->is_live);
  const AccessVerdict access = judge_access(need, request.caller);
  if (access.status != 0 && !access_.is_known()) {
    http::Response response = problem(503, "the users cannot be read from the store",
                                      "Nobody is let in until they can; see the log.");
    response.fields.emplace_back("Retry-After", "2");
    return response;
  }
  if (access.status != 0) return forbidden(access, request, access_.is_insecure());
  if (request.once && !Idempotency::is_key(*request.once)) {
    return problem(422, "Idempotency-Key: not 1 to 128 visible ASCII characters");
  }
  return refuse_flood(*route, request);
}

// Every change costs a row of the audit, and many a new configuration.
std::optional<http::Response> AdminHandler::refuse_flood(const Route& route,
                                                         const AdminRequest& request) {
  const bool is_change = is_change_method(request.method) || route.pattern == "/algorithm/{id}";
  if (!is_change) return std::nullopt;
  const bool has_name = request.caller.proof != Proof::no_users && !request.caller.name.empty();
  const std::string& who = has_name ? request.caller.name : request.address_key;
  const base::Time now = lane_.now();
  const balance::GcraAnswer answer = changes_.check(base::hash64(who, changes_seed_), now);
  if (answer.is_allowed) return std::nullopt;
  const auto seconds = std::max<std::int64_t>(
      1, std::chrono::ceil<std::chrono::seconds>(answer.retry_after).count());
  http::Response response = problem(429, "too many changes at once",
                                    "At most 50 a second, after the first 1,000. Wait as long as "
                                    "Retry-After says.");
  response.fields.emplace_back("Retry-After", std::to_string(seconds));
  return response;
}

std::optional<http::Response> AdminHandler::refuse_upgrade(const http::Exchange& exchange) const {
  const http::RequestHead& head = exchange.head();
  http::UpgradeProblem wrong = http::check_upgrade(head);
  if (!head.wants_websocket || head.minor == 0) wrong = {426, "this path is a WebSocket"};
  if (wrong.status != 0) {
    http::Response response = problem(wrong.status, wrong.why, "Open it as WebSocket, version 13.");
    if (wrong.status == 426) {
      response.fields.emplace_back("Upgrade", "websocket");
      response.fields.emplace_back("Sec-WebSocket-Version", "13");
    }
    return response;
  }
  if (!live_.is_full()) return std::nullopt;
  http::Response response = problem(503, "256 clients follow the live feed already");
  response.fields.emplace_back("Retry-After", "5");
  return response;
}

runtime::Task<void> AdminHandler::serve(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  AuditTrail trail;
  AdminRequest request;
  request.method = head.method;
  request.path = head.path;
  request.query = head.query.substr(std::min<std::size_t>(1, head.query.size()));
  request.accept = field_named(head, "accept");
  request.came_from = origin_of(exchange);
  request.address_key = throttle_key(exchange.peer().ip);
  if (const auto key = field_named(head, "idempotency-key"); key.data() != nullptr) {
    request.once = key;
  }
  request.trail = &trail;
  const Credentials shown = read_credentials(head.fields.find(http::FieldId::authorization),
                                             head.fields.find(http::FieldId::cookie));
  request.cookie = shown.cookie;
  request.caller = access_.identify(shown, lane_.now(), base::wall_ms());
  const bool is_nameless = request.caller.proof == Proof::no_users || request.caller.name.empty();
  request.by = (is_nameless ? std::string() : request.caller.name + " ") + request.came_from;
  const Route* route = find(request.path, request);
  std::optional<http::Response> response = refuse(head, route, request);
  if (!response && route->is_live) response = refuse_upgrade(exchange);
  if (!response && route->is_live) {
    std::string accept = http::websocket_accept(head.fields.find(http::FieldId::sec_websocket_key));
    LiveProof proof{std::string(shown.token), request.cookie};
    auto serving = live_.serve(exchange, std::move(accept), std::move(proof));
    co_await serving;
    co_return;
  }
  if (response && !access_.is_known()) {
    auto reloading = access_.reload_if_unknown(lane_);
    co_await reloading;
  }
  if (!response) {
    auto reading = exchange.read_body(kBodyMax);
    auto body = co_await reading;
    if (!body) {
      const bool large = body.error().code() == base::Errc::too_large;
      response = problem(large ? 413 : 400, std::string(body.error().detail()));
      response->close = true;
    } else {
      request.body = std::move(*body);
      auto answering = answer_once(*route, std::move(request));
      response = co_await answering;
    }
  }
  add_common_fields(*response);
  auto responding = exchange.respond(std::move(*response));
  [[maybe_unused]] const auto sent = co_await responding;
}

// A change with an Idempotency-Key is made once. A log-in is none: its answer is a secret.
AdminHandler::Answer AdminHandler::answer_once(const Route& route, AdminRequest request) {
  const bool is_keyed = request.once && is_change_method(request.method) &&
                        need_of(request.method, route.pattern, false) != Need::nothing;
  if (!is_keyed) {
    auto answering = answer(route, std::move(request));
    co_return co_await answering;
  }
  const std::string name = fmt::format("{}\n{} {}?{}\n{}", request.caller.name, request.method,
                                       request.path, request.query, *request.once);
  const Idempotency::Seen seen = once_.begin(name, store::secret_digest(request.body), lane_.now());
  switch (seen.standing) {
    case Idempotency::Standing::other:
      co_return problem(422, "Idempotency-Key: this key came with another body before",
                        "A new change needs a new key.");
    case Idempotency::Standing::under_way: {
      http::Response busy = problem(409, "the first request with this key is under way");
      busy.fields.emplace_back("Retry-After", "1");
      co_return busy;
    }
    case Idempotency::Standing::known: {
      http::Response again = *seen.answer;
      again.fields.emplace_back("Idempotency-Replayed", "true");
      co_return again;
    }
    case Idempotency::Standing::first:
      break;
  }
  auto answering = answer(route, std::move(request));
  http::Response first = co_await answering;
  once_.finish(name, first, lane_.now());
  co_return first;
}

AdminHandler::Answer AdminHandler::answer(const Route& route, AdminRequest request) {
  AuditTrail& trail = *request.trail;
  const store::Actor actor = request.actor();
  const bool is_change = is_change_method(request.method);
  std::string what = fmt::format("{} {}", request.method, route.pattern);
  std::string subject = request.id.empty() ? request.path : request.id;
  auto answering = (this->*route.call)(std::move(request));
  http::Response response = co_await answering;
  if (response.status >= 400) co_return response;
  if (is_change && !trail.is_noted) trail.add(std::move(what), std::move(subject));
  access_.note(trail, actor);
  if (is_change || !trail.notes.empty()) {
    auto settling = port_.settle();
    co_await settling;
  }
  co_return response;
}

}  // namespace weir::admin
