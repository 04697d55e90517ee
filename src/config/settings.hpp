#pragma once
// Settings: everything weir.yaml says, typed, with every default in place.
//
// Plain values: they copy, compare, and hold no pointer. A `Settings` is built by load.hpp, which
// has checked it as a whole; after that it is shared as `shared_ptr<const Settings>` and never
// changes. The defaults below are the only place where a default is written: effective.hpp and the
// JSON Schema print them.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "balance/algorithm.hpp"
#include "balance/cause.hpp"
#include "base/clock.hpp"

namespace weir::config {

using base::Duration;

inline constexpr std::uint64_t kKiB = 1024;

/// A socket address as written: host and port, or a unix socket path (then `host` is empty).
struct Address {
  std::string host;  ///< an IP literal in canonical form, or (endpoints only) a lower-case DNS name
  std::uint16_t port = 0;  ///< 0: the kernel chooses (listeners only)
  std::string unix_path;

  bool is_unix() const noexcept { return !unix_path.empty(); }
  auto operator<=>(const Address&) const = default;
};

enum class Family : std::uint8_t { v4 = 4, v6 = 6 };

/// A range of addresses. Shape: network byte order; v4 uses the first 4 bytes; bits after `prefix`
/// are 0.
struct Cidr {
  std::array<std::uint8_t, 16> bytes{};
  Family family = Family::v4;
  std::uint8_t prefix = 0;
  bool operator==(const Cidr&) const = default;
};

/// Bounds on what one client connection may cost (http-rules.md, section 5). Sizes in bytes.
struct Limits {
  std::uint64_t request_line_max = 8 * kKiB;
  std::uint64_t head_max = 64 * kKiB;
  std::uint32_t fields_max = 100;
  Duration head_time = std::chrono::seconds(10);
  Duration idle = std::chrono::seconds(60);
  std::uint64_t body_max = 0;         ///< 0: unlimited
  std::uint64_t min_body_rate = 240;  ///< bytes/s; 0: none
  Duration write_idle = std::chrono::seconds(30);
  bool operator==(const Limits&) const = default;
};

enum class Protocol : std::uint8_t { h1 };

struct Listener {
  std::string name;
  Address bind;
  std::vector<Protocol> protocols = {Protocol::h1};
  Limits limits;
  bool operator==(const Listener&) const = default;
};

/// Where a setting that may be secret is kept.
struct SecretPlace {
  enum class Kind : std::uint8_t { here, variable, file } kind = Kind::here;
  std::string name;  ///< of the variable or file
  bool operator==(const SecretPlace&) const = default;
};

struct Admin {
  Address bind{.host = "127.0.0.1", .port = 9900};
  std::vector<std::string> hosts = {"localhost", "127.0.0.1"};  ///< beside the bind address
  bool insecure = false;
  /// Where weir keeps its records: "sqlite:PATH", "postgres://…"; empty: a file under --data, or
  /// nowhere without one. It may hold a password: only masked() of it may be shown (mask.hpp).
  std::string store;
  SecretPlace store_from;
  bool operator==(const Admin&) const = default;
};

struct Endpoint {
  Address address;
  std::uint32_t weight = 1;
  bool backup = false;  ///< used only while no other endpoint of the service is eligible
  bool operator==(const Endpoint&) const = default;
};

/// One variable of a child's environment.
struct Variable {
  std::string name;
  std::string value;
  bool operator==(const Variable&) const = default;
};

/// Children that the supervisor starts. Child i runs `command` + `instances[i % instances.size()]`.
struct Process {
  std::vector<std::string> command;  ///< never empty
  std::uint32_t replicas = 1;  ///< to begin with, when they are scaled; absent: scaling.min then
  std::string ready;  ///< path answered 2xx by a ready child; empty: an open port is enough
  std::vector<Variable> environment;  ///< added to weir's own
  std::vector<std::vector<std::string>> instances;
  bool operator==(const Process&) const = default;
};

/// Where the key of a hashing algorithm or of a rate limit comes from.
struct HashKey {
  enum class Source : std::uint8_t { none, client_ip, path, header, cookie };
  Source source = Source::none;
  std::string name;  ///< of the header (lower case) or cookie
  bool operator==(const HashKey&) const = default;
};

enum class HashTable : std::uint8_t { ring, maglev };

/// A cookie of weir's own that keeps a client on its endpoint.
struct Sticky {
  std::string cookie = "weir-endpoint";
  Duration age{};  ///< 0: until the browser is closed
  bool operator==(const Sticky&) const = default;
};

/// The arms of `adaptive` when the file names none.
inline constexpr std::array kDefaultArms = {balance::Algorithm::random_two,
                                            balance::Algorithm::least_response_time,
                                            balance::Algorithm::least_connections};

struct Balance {
  balance::Algorithm algorithm = balance::Algorithm::round_robin;
  std::vector<balance::Algorithm> arms;     ///< of `adaptive`: two or more, none of them adaptive
  std::vector<balance::Algorithm> compare;  ///< challengers that get a slice of live traffic
  HashKey hash_key;
  HashTable table = HashTable::ring;
  double load_bound = 1.25;                        ///< consistent_hash: 1.0 .. 2.0
  Duration slow_start = std::chrono::seconds(20);  ///< 0: none
  double panic_below = 0.5;                        ///< share; 0: never
  std::optional<Sticky> sticky;
  bool operator==(const Balance&) const = default;
};

enum class CheckKind : std::uint8_t { http, tcp };
enum class CheckInitial : std::uint8_t { wait, healthy, unhealthy };

/// An active health check. `timeout <= every`.
struct Check {
  CheckKind kind = CheckKind::http;
  std::string path = "/health";
  Duration every = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(1);
  std::uint32_t rise = 2;
  std::uint32_t fall = 3;
  CheckInitial initial = CheckInitial::wait;
  bool operator==(const Check&) const = default;
};

struct Outlier {
  bool enabled = true;
  Duration interval = std::chrono::seconds(10);
  Duration base = std::chrono::seconds(30);
  Duration longest = std::chrono::seconds(300);
  double max_ejected = 0.5;  ///< share of the endpoints
  double latency_factor = 3;
  bool operator==(const Outlier&) const = default;
};

struct Health {
  std::optional<Check> check;
  Outlier outlier;
  bool operator==(const Health&) const = default;
};

struct Breaker {
  bool enabled = true;
  std::uint32_t failures = 5;
  Duration open = std::chrono::seconds(30);
  Duration longest = std::chrono::seconds(300);
  std::uint32_t probes = 3;
  balance::CauseSet causes = balance::kBreakerCauses;
  bool operator==(const Breaker&) const = default;
};

enum class LimitMode : std::uint8_t { gradient2, aimd, vegas, fixed };

/// How many requests a service may have under way; absent: as many as come.
struct Concurrency {
  LimitMode mode = LimitMode::gradient2;
  std::uint32_t min = 20;
  std::uint32_t max = 1000;        ///< of `fixed`: the limit
  std::uint32_t per_endpoint = 0;  ///< 0: no limit
  std::uint32_t queue = 128;
  Duration queue_timeout = std::chrono::milliseconds(200);
  bool operator==(const Concurrency&) const = default;
};

struct RateLimit {
  double rate = 0;  ///< requests/s, > 0
  std::uint32_t burst = 1;
  HashKey key{HashKey::Source::client_ip, {}};
  std::uint32_t keys = 100'000;
  bool operator==(const RateLimit&) const = default;
};

/// Endpoints that are the addresses of a name.
struct DnsDiscovery {
  std::string name;
  std::uint16_t port = 80;
  std::uint32_t weight = 1;
  bool backup = false;
  bool operator==(const DnsDiscovery&) const = default;
};

/// Endpoints that are containers of a Docker engine.
struct DockerDiscovery {
  std::string label;    ///< "key" or "key=value"; never empty
  std::string network;  ///< empty: the only one of the container
  Duration resync = std::chrono::seconds(10);
  bool operator==(const DockerDiscovery&) const = default;
};

enum class ScalingDriver : std::uint8_t { process, docker };

/// How many endpoints a service has. Without a target: by hand only. `min <= max`.
struct Scaling {
  ScalingDriver driver = ScalingDriver::process;
  std::uint32_t min = 1;
  std::uint32_t max = 10;
  double target_in_flight = 0;  ///< requests under way an endpoint; 0: no target
  double target_cpu = 0;        ///< share of one core; 0: no target
  Duration target_p95{};        ///< of the service; 0: no target
  Duration cooldown = std::chrono::seconds(30);
  Duration down_window = std::chrono::minutes(5);
  Duration drain = std::chrono::seconds(30);
  bool operator==(const Scaling&) const = default;
};

/// Its endpoints are the static ones below, those of the children when `process` is set, and what
/// `dns` and `docker` find.
struct Service {
  std::uint32_t number = 0;  ///< from 1, in the file's order
  std::string name;
  std::vector<Endpoint> endpoints;
  std::optional<Process> process;  ///< set only if discovery lists it
  std::vector<DnsDiscovery> dns;
  std::optional<DockerDiscovery> docker;
  std::optional<Scaling> scaling;
  Balance balance;
  Health health;
  Breaker breaker;
  std::optional<Concurrency> concurrency;
  std::optional<RateLimit> rate_limit;  ///< of each client, over all routes
  bool registered = false;              ///< at run time, not by the file
  bool operator==(const Service&) const = default;
};

struct Match {
  std::string listener = "*";        ///< a listener's name, or "*"
  std::string host = "*";            ///< "*", "a.example" or "*.example"; lower case
  std::string path = "/";            ///< prefix
  std::vector<std::string> methods;  ///< empty: every method
  bool operator==(const Match&) const = default;
};

struct Redirect {
  std::uint32_t status = 302;
  std::string location;
  bool operator==(const Redirect&) const = default;
};

struct Header {
  std::string name;  ///< a token, spelled as in the file
  std::string value;
  bool operator==(const Header&) const = default;
};

/// Applied in the order remove, set, add.
struct HeaderEdits {
  std::vector<Header> set;
  std::vector<Header> add;
  std::vector<std::string> remove;
  bool empty() const noexcept { return set.empty() && add.empty() && remove.empty(); }
  bool operator==(const HeaderEdits&) const = default;
};

/// `connect <= attempt <= total`; all above 0.
struct Timeouts {
  Duration connect = std::chrono::milliseconds(500);
  Duration attempt = std::chrono::seconds(10);
  Duration total = std::chrono::seconds(30);
  Duration idle = std::chrono::seconds(60);
  Duration stream = std::chrono::hours(1);
  bool operator==(const Timeouts&) const = default;
};

/// When a failed attempt is made again (balancing.md, 5).
struct Retry {
  std::uint32_t attempts = 3;  ///< in total; 1: none is repeated
  balance::CauseSet causes = balance::kRetryCauses;
  Duration backoff_base = std::chrono::milliseconds(25);
  Duration backoff_cap = std::chrono::milliseconds(250);
  double budget_share = 0.2;
  double budget_min = 3;             ///< retries/s that are always allowed
  std::uint64_t buffer = 64 * kKiB;  ///< largest body that is kept for another attempt
  bool idempotency_key = false;      ///< POST and PATCH with an Idempotency-Key may be repeated
  bool hedge = false;
  bool operator==(const Retry&) const = default;
};

/// What is answered when every attempt has failed. Exactly one of the three.
struct StaticAnswer {
  std::uint32_t status = 503;
  std::string file;  ///< its bytes were read into `body` at load; empty: no body
  std::string body;
  std::vector<Header> headers;
  bool retry_after_auto = false;  ///< `retry-after: auto`: when the breaker probes next
  bool operator==(const StaticAnswer&) const = default;
};
struct LastGood {
  Duration max_age = std::chrono::minutes(5);
  bool operator==(const LastGood&) const = default;
};
struct Fallback {
  std::optional<StaticAnswer> answer;
  std::optional<LastGood> last_good;
  std::string service;  ///< empty: none
  bool operator==(const Fallback&) const = default;
};

/// What to do with an encoded slash or backslash (%2f, %5c) in a path.
enum class Escapes : std::uint8_t { refuse, keep };

/// Either `service` is the name of an existing service or `redirect` is set.
struct Route {
  Match match;
  std::string service;
  std::optional<Redirect> redirect;
  bool strip_prefix = false;
  std::string rewrite_prefix;  ///< empty: none; excludes strip_prefix
  HeaderEdits request_headers;
  HeaderEdits response_headers;
  std::uint64_t body_max = 0;  ///< bytes; 0: only the listener's limit
  bool request_id = true;
  Escapes escapes = Escapes::refuse;
  bool websocket = true;
  Timeouts timeout;
  Retry retry;
  std::optional<Fallback> fallback;
  std::optional<RateLimit> rate_limit;
  bool operator==(const Route&) const = default;
};

struct AccessLog {
  std::string path = "off";  ///< a file, "stdout", or "off"
  bool is_on() const noexcept { return path != "off"; }
  bool operator==(const AccessLog&) const = default;
};

enum class LogLevel : std::uint8_t { debug, info, warn, error };

struct Log {
  LogLevel level = LogLevel::info;
  std::string path = "stderr";  ///< a file, "stdout" or "stderr"
  bool operator==(const Log&) const = default;
};

struct Settings {
  std::uint32_t version = 1;
  std::vector<Listener> listeners;
  Admin admin;
  std::vector<Cidr> trusted_proxies;
  std::vector<Service> services;
  std::vector<Route> routes;
  AccessLog access_log;
  Log log;
  bool operator==(const Settings&) const = default;
};

/// The service of this name, or nullptr. Lifetime: a pointer into `settings`.
inline const Service* find_service(const Settings& settings, std::string_view name) noexcept {
  for (const Service& service : settings.services) {
    if (service.name == name) return &service;
  }
  return nullptr;
}

/// The listener of this name, or nullptr. Lifetime: a pointer into `settings`.
inline const Listener* find_listener(const Settings& settings, std::string_view name) noexcept {
  for (const Listener& listener : settings.listeners) {
    if (listener.name == name) return &listener;
  }
  return nullptr;
}

}  // namespace weir::config
