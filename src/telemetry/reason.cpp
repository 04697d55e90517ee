#include "telemetry/reason.hpp"

#include <array>

namespace weir::telemetry {
namespace {

struct Row {
  Reason reason;
  std::string_view code;
  std::string_view meaning;
  std::string_view proxy_error;
  bool failure;
};

constexpr std::array<Row, kReasonCount> kRows = {{
    {Reason::ok, "OK", "answered by the upstream", "", false},
    {Reason::no_route, "NR", "no route matches the request", "destination_not_found", false},
    {Reason::no_host, "NH", "the service has no endpoint that may be used",
     "destination_unavailable", true},
    {Reason::breaker_open, "UO", "the circuit breaker is open", "destination_unavailable", true},
    {Reason::connect_failed, "UR", "connecting to the endpoint failed", "connection_refused", true},
    {Reason::upstream_closed, "UC", "the endpoint closed before its response head",
     "connection_terminated", true},
    {Reason::body_broken, "UB", "the endpoint broke off the response body", "", true},
    {Reason::attempt_timeout, "UT", "the attempt timed out", "http_response_timeout", true},
    {Reason::upstream_protocol, "UP", "the endpoint broke the protocol", "http_protocol_error",
     true},
    {Reason::deadline, "DE", "the exchange's deadline passed", "http_response_timeout", true},
    {Reason::rate_limit, "RL", "over the rate limit", "http_request_denied", false},
    {Reason::overload, "OS", "shed because of overload", "destination_unavailable", true},
    {Reason::admission, "AC", "refused by admission control", "destination_unavailable", true},
    {Reason::client_gone, "DC", "the client went away", "", false},
    {Reason::client_protocol, "PE", "the client broke the protocol", "http_request_error", false},
    {Reason::fault, "FI", "an injected fault made the answer", "proxy_internal_response", true},
    {Reason::defect, "WI", "a defect in weir", "proxy_internal_error", true},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].reason) != i) return false;
  }
  return true;
}
static_assert(in_order());

constexpr std::array<std::string_view, kFlagCount> kFlagNames = {"retried",  "hedged", "reconnect",
                                                                 "fallback", "panic",  "fault"};

const Row& row(Reason reason) noexcept { return kRows[static_cast<std::size_t>(reason)]; }

}  // namespace

std::string_view code(Reason reason) noexcept { return row(reason).code; }

std::string_view meaning(Reason reason) noexcept { return row(reason).meaning; }

std::string_view proxy_error(Reason reason) noexcept { return row(reason).proxy_error; }

bool is_failure(Reason reason) noexcept { return row(reason).failure; }

std::string_view name(Flag flag) noexcept { return kFlagNames[static_cast<std::size_t>(flag)]; }

std::string to_text(Flags flags) {
  std::string out;
  for (std::size_t i = 0; i < kFlagCount; ++i) {
    if (!flags.has(static_cast<Flag>(i))) continue;
    if (!out.empty()) out += ',';
    out += kFlagNames[i];
  }
  return out;
}

}  // namespace weir::telemetry
