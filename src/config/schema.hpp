#pragma once
// Schema: the one description of weir.yaml. Every key is one row here, and nowhere else.
//
// A row names a key, says in a line what it does, binds it to a member of settings.hpp (whose
// initialiser is the default) and bounds it. Three visitors walk the rows:
//   Reader       (reader.hpp)      file → Settings, unknown keys, units, ranges
//   Printer      (effective.cpp)   Settings → file with every default
//   SchemaWriter (json_schema.cpp) → api/config.schema.json
// so that a key cannot be read but not printed, or printed but not documented. To add a key: add
// a member to settings.hpp, a row here, and run the command that the test of the schema prints.
// What several keys must be together is in validate.cpp.

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "config/settings.hpp"
#include "config/text_rule.hpp"

namespace weir::config {

/// `defaulted`: settings.hpp has a value. `required`: the file must have one. `optional`: empty
/// when absent, and then not printed.
enum class Presence : std::uint8_t { defaulted, required, optional };

struct Row {
  std::string_view key;
  std::string_view doc;
  Presence presence = Presence::defaulted;
};

template <class T>
struct Range {
  T min;
  T max;
};
using CountRange = Range<std::uint32_t>;
using SizeRange = Range<std::uint64_t>;
using TimeRange = Range<Duration>;

/// Words for the values of an enum, in its order; `later` are words that a coming version reads.
struct Choices {
  std::span<const std::string_view> names;
  std::span<const std::string_view> later = {};
  std::string_view later_why = {};
};

inline constexpr std::uint32_t kNamedMax = 1'000;  // listeners or services: the names that
                                                   // suggestions and metrics have to carry
inline constexpr std::uint32_t kListMax = 10'000;  // items of any list

inline constexpr std::array<std::string_view, 1> kProtocolNames = {"h1"};
inline constexpr std::array<std::string_view, 2> kProtocolsLater = {"h2", "h2c"};
inline constexpr std::array<std::string_view, 1> kAlgorithmNames = {"round_robin"};
inline constexpr std::array<std::string_view, 8> kAlgorithmsLater = {
    "weighted",        "least_connections", "least_response_time", "ip_hash",
    "consistent_hash", "random_two",        "response_time",       "adaptive"};
inline constexpr std::array<std::string_view, 2> kEscapesNames = {"refuse", "keep"};
inline constexpr std::array<std::string_view, 4> kLogLevelNames = {"debug", "info", "warn",
                                                                   "error"};
inline constexpr std::array<std::uint32_t, 5> kRedirectStatuses = {301, 302, 303, 307, 308};

// Keys of balancing.md, section 15, that a coming version reads. A key leaves its list when it gets
// a row.
inline constexpr std::string_view kNotYet = "is not in this version";
inline constexpr std::array<std::string_view, 2> kTopLater = {"chaos", "alerts"};
inline constexpr std::array<std::string_view, 2> kListenerLater = {"tls", "kind"};
inline constexpr std::array<std::string_view, 2> kAdminLater = {"tls", "users"};
inline constexpr std::array<std::string_view, 2> kSourcesLater = {"dns", "docker"};
inline constexpr std::array<std::string_view, 4> kBalanceLater = {"arms", "hash_key", "slow_start",
                                                                  "panic_below"};
inline constexpr std::array<std::string_view, 5> kServiceLater = {
    "health", "breaker", "concurrency", "rate_limit", "scaling"};
inline constexpr std::array<std::string_view, 2> kRouteLater = {"retry", "fallback"};

namespace schema_ranges {
using namespace std::chrono_literals;
inline constexpr TimeRange kTimeout{1ms, 24h};
inline constexpr TimeRange kLongTimeout{1ms, 720h};  // streams may live for 30 days
inline constexpr SizeRange kBody{0, 1ull << 40};
// What the engine holds: a head and what follows it share one 72 KiB block (net/buffer.hpp), its
// fields one table of 256 (http/head.hpp).
inline constexpr SizeRange kLine{64, 64 * kKiB};
inline constexpr SizeRange kHead{kKiB, 64 * kKiB};
inline constexpr CountRange kFields{1, 256};
}  // namespace schema_ranges

template <class Visitor>
void describe(Visitor& v, Limits& limits) {
  using namespace schema_ranges;
  v.size({"line", "Longest request line; a longer one is answered 414."}, limits.request_line_max,
         kLine);
  v.size({"head", "Largest request head, line and fields together; a larger one is answered 431."},
         limits.head_max, kHead);
  v.count({"fields", "Most field lines in a head; more are answered 431."}, limits.fields_max,
          kFields);
  v.duration({"head_time", "Longest time for a whole request head to arrive."}, limits.head_time,
             kTimeout);
  v.duration({"idle", "A connection without a request is closed after this time."}, limits.idle,
             kTimeout);
  v.size({"body_max", "Largest request body, else 413; 0 means unlimited."}, limits.body_max,
         kBody);
  v.rate({"min_body_rate", "A body that arrives slower is given up; 0B/s means no minimum."},
         limits.min_body_rate);
  v.duration({"write_idle", "A client that reads nothing for this time is given up."},
             limits.write_idle, kTimeout);
}

template <class Visitor>
void describe(Visitor& v, Listener& listener) {
  v.bind({"bind",
          "Address to listen on, such as 127.0.0.1:8080, [::1]:8080 or unix:/run/w.sock; "
          "port 0 takes a free one.",
          Presence::required},
         listener.bind);
  v.choices({"protocols", "Protocols that clients may speak."}, listener.protocols,
            {kProtocolNames, kProtocolsLater, "comes with HTTP/2, not in this version"});
  v.section({"limits", "What one client connection may cost."}, listener.limits);
  v.later(kListenerLater, kNotYet);
}

template <class Visitor>
void describe(Visitor& v, Admin& admin) {
  v.bind({"bind", "Address of the admin interface and its API."}, admin.bind);
  v.texts({"hosts",
           "Host names a request may carry, beside the bind address; others are answered "
           "421."},
          admin.hosts, kHostName);
  v.boolean({"insecure", "Allow an address that other machines can reach, without users or TLS."},
            admin.insecure);
  v.later(kAdminLater, kNotYet);
}

template <class Visitor>
void describe(Visitor& v, Process& process) {
  v.texts({"command", "Program and arguments of one child.", Presence::required}, process.command,
          kArgument);
  v.count({"replicas", "How many children to run."}, process.replicas, {1, 1000});
  v.text({"ready",
          "Path that a child answers with 2xx when it is ready; absent: an open port is "
          "enough.",
          Presence::optional},
         process.ready, kTarget);
  v.variables({"environment", "Variables added to the children's environment."},
              process.environment);
  v.argument_lists({"instances",
                    "Extra arguments for each child in turn, from the start again "
                    "when there are more children."},
                   process.instances);
}

template <class Visitor>
void describe(Visitor& v, Balance& balance) {
  v.choice({"algorithm", "How an endpoint is picked."}, balance.algorithm,
           {kAlgorithmNames, kAlgorithmsLater, kNotYet});
  v.later(kBalanceLater, kNotYet);
}

template <class Visitor>
void describe(Visitor& v, Endpoint& endpoint) {
  v.endpoint({"address", "Host and port, or unix:/path.", Presence::required}, endpoint.address);
  v.count({"weight", "Share of the requests beside the other endpoints."}, endpoint.weight,
          {1, 1000});
}

/// One entry of a service's `discovery`; only the file has it, Settings hold the union.
struct DiscoverySource {
  bool children = false;
  std::vector<Endpoint> endpoints;
};

template <class Visitor>
void describe(Visitor& v, DiscoverySource& source) {
  v.marker({"process", "The children that `process` of this service describes."}, source.children);
  v.endpoints({"static", "Fixed addresses."}, source.endpoints);
  v.later(kSourcesLater, kNotYet);
}

template <class Visitor>
void describe(Visitor& v, Service& service) {
  v.discovery({"discovery", "Where the endpoints come from; their union.", Presence::required},
              service);
  v.section({"balance", "How requests are spread over the endpoints."}, service.balance);
  v.optional_section(
      {"process", "The children of `discovery: [ {process: {}} ]`.", Presence::optional},
      service.process);
  v.later(kServiceLater, kNotYet);
}

template <class Visitor>
void describe(Visitor& v, Match& match) {
  v.text({"listener", "Name of the listener, or \"*\" for every one."}, match.listener,
         kListenerChoice);
  v.text({"host", "\"*\", an exact host such as a.example, or *.example for what ends in it."},
         match.host, kHostPattern);
  v.text({"path", "Path prefix; the longest that fits wins."}, match.path, kPath);
  v.texts({"methods", "Methods to match; empty means every one."}, match.methods, kMethod);
}

template <class Visitor>
void describe(Visitor& v, Redirect& redirect) {
  v.one_of({"status", "Status of the answer."}, redirect.status, kRedirectStatuses);
  v.text({"location", "Where the client is sent: a URL or a path.", Presence::required},
         redirect.location, kLocation);
}

template <class Visitor>
void describe(Visitor& v, HeaderEdits& edits) {
  v.headers({"set", "Fields to replace or create."}, edits.set);
  v.headers({"add", "Fields to add beside those of the same name."}, edits.add);
  v.texts({"remove", "Fields to remove."}, edits.remove, kHeaderName);
}

template <class Visitor>
void describe(Visitor& v, Timeouts& timeout) {
  using namespace schema_ranges;
  v.duration({"connect", "Longest time to connect to an endpoint."}, timeout.connect, kTimeout);
  v.duration({"attempt", "Longest time for one try, up to the response head."}, timeout.attempt,
             kTimeout);
  v.duration({"total", "Longest time for the request with all its tries, up to the response head."},
             timeout.total, kTimeout);
  v.duration({"idle", "Longest silence of an endpoint inside a response body."}, timeout.idle,
             kTimeout);
  v.duration({"stream", "Longest life of a stream, such as a WebSocket."}, timeout.stream,
             kLongTimeout);
}

template <class Visitor>
void describe(Visitor& v, Route& route) {
  v.section({"match", "Which requests take this route; every condition must hold."}, route.match);
  v.text({"service", "Name of the service that answers.", Presence::optional}, route.service,
         kName);
  v.optional_section(
      {"redirect", "Answer with a redirect instead of a service.", Presence::optional},
      route.redirect);
  v.boolean({"strip_prefix", "Forward the path without the matched prefix."}, route.strip_prefix);
  v.text({"rewrite_prefix", "Forward the path with this in place of the matched prefix.",
          Presence::optional},
         route.rewrite_prefix, kPath);
  v.section({"request_headers", "Changes to the fields of the forwarded request."},
            route.request_headers);
  v.section({"response_headers", "Changes to the fields of the response."}, route.response_headers);
  v.size({"body_max", "Largest request body, else 413; 0 means only the listener's limit."},
         route.body_max, schema_ranges::kBody);
  v.boolean({"request_id", "Give each request an X-Request-Id unless a trusted peer sent one."},
            route.request_id);
  v.choice({"escapes", "Encoded slashes and backslashes in a path: refuse (400) or keep."},
           route.escapes, {kEscapesNames});
  v.boolean({"websocket", "Allow an upgrade to WebSocket."}, route.websocket);
  v.section({"timeout", "How long to wait: connect <= attempt <= total."}, route.timeout);
  v.later(kRouteLater, kNotYet);
}

template <class Visitor>
void describe(Visitor& v, AccessLog& log) {
  v.text({"path", "File for one JSON line a request, or stdout, or off."}, log.path, kFile);
}

template <class Visitor>
void describe(Visitor& v, Log& log) {
  v.choice({"level", "Least level that is written."}, log.level, {kLogLevelNames});
  v.text({"path", "File for weir's own log, or stderr, or stdout."}, log.path, kFile);
}

template <class Visitor>
void describe(Visitor& v, Settings& settings) {
  v.count({"version", "Version of this format."}, settings.version, {1, 1});
  v.named({"listeners", "Where clients connect, by name."}, settings.listeners);
  v.section({"admin", "The admin interface."}, settings.admin);
  v.cidrs({"trusted_proxies",
           "Peers whose X-Forwarded-* fields are believed; from others they are "
           "replaced."},
          settings.trusted_proxies);
  v.named({"services", "Sets of endpoints, by name."}, settings.services);
  v.list({"routes", "Which request goes where."}, settings.routes);
  v.section({"access_log", "One line for each request."}, settings.access_log);
  v.section({"log", "Weir's own log."}, settings.log);
  v.later(kTopLater, kNotYet);
}

}  // namespace weir::config
