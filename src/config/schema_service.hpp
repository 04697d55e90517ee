#pragma once
// Schema, `services`: endpoints, balancing, health, breaker, limits. See schema.hpp.

#include <array>
#include <string_view>

#include "config/schema_row.hpp"

namespace weir::config {

inline constexpr std::array<std::string_view, 2> kTableNames = {"ring", "maglev"};
inline constexpr std::array<std::string_view, 2> kCheckKindNames = {"http", "tcp"};
inline constexpr std::array<std::string_view, 1> kCheckKindsLater = {"grpc"};
inline constexpr std::array<std::string_view, 3> kInitialNames = {"wait", "healthy", "unhealthy"};
inline constexpr std::array<std::string_view, 2> kDriverNames = {"process", "docker"};
inline constexpr std::array<std::string_view, 4> kLimitModeNames = {"gradient2", "aimd", "vegas",
                                                                    "fixed"};

namespace schema_ranges {
inline constexpr TimeRange kSlowStart{0s, 1h};
inline constexpr TimeRange kCookieAge{0s, 400 * 24h};  // browsers keep none for longer
inline constexpr RealRange kLoadBound{1, 2};
inline constexpr RealRange kLatencyFactor{0, 100};
inline constexpr CountRange kInARow{1, 100};
inline constexpr CountRange kFailures{1, 4095};  // what the breaker's word holds (breaker_word.hpp)
inline constexpr CountRange kProbes{1, 16};
inline constexpr CountRange kInFlight{1, 1'000'000};
inline constexpr CountRange kInFlightOrNone{0, 1'000'000};
inline constexpr CountRange kQueue{0, 100'000};
inline constexpr CountRange kBurst{1, 1'000'000};
inline constexpr CountRange kKeys{1, 1'000'000};  // each costs memory in a table
inline constexpr CountRange kInstances{1, 1'000};
inline constexpr CountRange kWeight{1, 1'000};
inline constexpr TimeRange kResync{1s, 10min};
inline constexpr RealRange kInFlightTarget{0.1, 1'000'000};
inline constexpr RealRange kCpuTarget{0.01, 100};  // of one core; an endpoint may use several
inline constexpr TimeRange kPause{0s, 24h};
}  // namespace schema_ranges

template <class Visitor>
void describe(Visitor& v, Process& process) {
  v.texts({"command", "Program and arguments of one child.", Presence::required}, process.command,
          kArgument);
  v.count({"replicas", "How many children to run."}, process.replicas, schema_ranges::kInstances);
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
void describe(Visitor& v, Sticky& sticky) {
  v.text({"cookie", "Name of the cookie."}, sticky.cookie, kCookieName);
  v.duration({"age", "How long the client keeps it; 0s: until the browser is closed."}, sticky.age,
             schema_ranges::kCookieAge);
}

template <class Visitor>
void describe(Visitor& v, Balance& balance) {
  using namespace schema_ranges;
  v.choice({"algorithm", "How an endpoint is picked."}, balance.algorithm,
           {balance::kAlgorithmNames});
  v.choices({"arms", "What adaptive chooses from: two or more algorithms.", Presence::optional},
            balance.arms, {balance::kAlgorithmNames});
  v.choices({"compare",
             "Challengers: algorithms that get a slice of the live traffic, to be compared with "
             "`algorithm`.",
             Presence::optional},
            balance.compare, {balance::kAlgorithmNames});
  v.hash_key({"hash_key",
              "What consistent_hash keeps together: client_ip, path, header:NAME or cookie:NAME.",
              Presence::optional},
             balance.hash_key);
  v.choice({"table", "How consistent_hash places keys: a ring, or Maglev's faster table."},
           balance.table, {kTableNames});
  v.real(
      {"load_bound", "consistent_hash: most load of an endpoint, as a multiple of its fair share."},
      balance.load_bound, kLoadBound);
  v.duration({"slow_start",
              "An endpoint that returns gets its full share after this time; 0s: at "
              "once."},
             balance.slow_start, kSlowStart);
  v.share({"panic_below",
           "While a smaller share of the endpoints is eligible, checks and ejections are ignored; "
           "0%: never."},
          balance.panic_below, kShare);
  v.optional_section(
      {"sticky", "A cookie of weir's own that keeps a client on its endpoint.", Presence::optional},
      balance.sticky);
}

template <class Visitor>
void describe(Visitor& v, Check& check) {
  using namespace schema_ranges;
  v.choice({"kind", "http: a GET that must be answered 2xx or 3xx; tcp: an open port."}, check.kind,
           {kCheckKindNames, kCheckKindsLater, kNotYet});
  v.text({"path", "What an http check asks for."}, check.path, kTarget);
  v.duration({"every", "Time between two checks."}, check.every, kPeriod);
  v.duration({"timeout", "Longest time for one check; at most `every`."}, check.timeout, kTimeout);
  v.count({"rise", "Good checks in a row that bring an endpoint back."}, check.rise, kInARow);
  v.count({"fall", "Bad checks in a row that take it out."}, check.fall, kInARow);
  v.choice({"initial",
            "What an endpoint counts as before its first check; wait: not chosen for "
            "500ms at most."},
           check.initial, {kInitialNames});
}

template <class Visitor>
void describe(Visitor& v, Outlier& outlier) {
  using namespace schema_ranges;
  v.boolean({"enabled", "Take out endpoints that are much worse than their peers."},
            outlier.enabled);
  v.duration({"interval", "Time between two comparisons."}, outlier.interval, kPeriod);
  v.duration({"base", "How long the first ejection lasts; each further one in a row adds as much."},
             outlier.base, kPeriod);
  v.duration({"longest", "Longest ejection."}, outlier.longest, kPeriod);
  v.share({"max_ejected", "Largest share of the endpoints that may be out at a time."},
          outlier.max_ejected, kShare);
  v.real(
      {"latency_factor",
       "Out goes what is slower than its peers' median by this factor (p95); 0: latency does not "
       "count."},
      outlier.latency_factor, kLatencyFactor);
}

template <class Visitor>
void describe(Visitor& v, Health& health) {
  v.optional_section(
      {"check", "Ask every endpoint whether it is well; absent: do not ask.", Presence::optional},
      health.check);
  v.section({"outlier", "Judge the endpoints by the live traffic."}, health.outlier);
}

template <class Visitor>
void describe(Visitor& v, Breaker& breaker) {
  using namespace schema_ranges;
  v.boolean({"enabled", "Stop sending to what fails again and again."}, breaker.enabled);
  v.count({"failures", "Failures in a row that open it."}, breaker.failures, kFailures);
  v.duration({"open",
              "How long it stays open before it probes; twice as long after each failed "
              "probe."},
             breaker.open, kPeriod);
  v.duration({"longest", "Longest time it stays open."}, breaker.longest, kPeriod);
  v.count({"probes", "Requests let through to probe; all must succeed."}, breaker.probes, kProbes);
  v.causes({"causes", "What counts as a failure."}, breaker.causes, "enabled: false");
}

template <class Visitor>
void describe(Visitor& v, Concurrency& limit) {
  using namespace schema_ranges;
  v.choice({"mode", "How the limit is found: gradient2, aimd and vegas measure, fixed is `max`."},
           limit.mode, {kLimitModeNames});
  v.count({"min", "Lowest limit."}, limit.min, kInFlight);
  v.count({"max", "Highest limit; of fixed: the limit."}, limit.max, kInFlight);
  v.count({"per_endpoint", "Most requests under way on one endpoint; 0: no limit."},
          limit.per_endpoint, kInFlightOrNone);
  v.count({"queue", "Requests that may wait for room; 0: none."}, limit.queue, kQueue);
  v.duration({"queue_timeout", "Longest wait in the queue; shorter than `total` of the routes."},
             limit.queue_timeout, kTimeout);
}

template <class Visitor>
void describe(Visitor& v, RateLimit& limit) {
  using namespace schema_ranges;
  v.per_second({"rate", "Requests a second of each key, such as 500/s.", Presence::required},
               limit.rate, kPerSecond);
  v.count({"burst", "Requests that may come at once."}, limit.burst, kBurst);
  v.hash_key({"key", "Who is counted: client_ip, path, header:NAME or cookie:NAME."}, limit.key);
  v.count({"keys", "Keys that are remembered; the oldest are forgotten."}, limit.keys, kKeys);
}

template <class Visitor>
void describe(Visitor& v, Endpoint& endpoint) {
  v.endpoint({"address", "Host and port, or unix:/path.", Presence::required}, endpoint.address);
  v.count({"weight", "Share of the requests beside the other endpoints."}, endpoint.weight,
          schema_ranges::kWeight);
  v.boolean({"backup", "Use it only while no other endpoint can be used."}, endpoint.backup);
}

template <class Visitor>
void describe(Visitor& v, DnsDiscovery& dns) {
  v.text({"name", "Host name; each of its addresses is an endpoint.", Presence::required}, dns.name,
         kDnsName);
  v.port({"port", "Port of every endpoint."}, dns.port);
  v.count({"weight", "Share of the requests of each endpoint."}, dns.weight,
          schema_ranges::kWeight);
  v.boolean({"backup", "Use them only while no other endpoint can be used."}, dns.backup);
}

template <class Visitor>
void describe(Visitor& v, DockerDiscovery& docker) {
  v.text({"label",
          "Label of the containers, as key or key=value; absent: weir.service=NAME of the service.",
          Presence::optional},
         docker.label, kLabel);
  v.text({"network", "Network whose addresses are used; absent: the container's only one.",
          Presence::optional},
         docker.network, kNetwork);
  v.duration({"resync", "Time between two full lists, beside the engine's events."}, docker.resync,
             schema_ranges::kResync);
}

// The section `target`, whose keys are members of Scaling.
struct TargetKeys {
  double& in_flight;
  double& cpu;
  Duration& p95;
};

template <class Visitor>
void describe(Visitor& v, TargetKeys& target) {
  using namespace schema_ranges;
  v.real({"inflight", "Requests under way on an endpoint.", Presence::optional}, target.in_flight,
         kInFlightTarget);
  v.share({"cpu", "Share of one core that an endpoint uses.", Presence::optional}, target.cpu,
          kCpuTarget);
  v.duration({"p95", "Time that 95 of 100 requests take at most.", Presence::optional}, target.p95,
             kTimeout);
}

template <class Visitor>
void describe(Visitor& v, Scaling& scaling) {
  using namespace schema_ranges;
  v.choice({"driver", "Who starts and stops: weir its children, or a Docker engine."},
           scaling.driver, {kDriverNames});
  v.count({"min", "Fewest endpoints."}, scaling.min, kInstances);
  v.count({"max", "Most endpoints."}, scaling.max, kInstances);
  TargetKeys target{scaling.target_in_flight, scaling.target_cpu, scaling.target_p95};
  v.section({"target", "What an endpoint should carry; without any: scaled by hand only."}, target);
  v.duration({"cooldown", "Least time between two changes."}, scaling.cooldown, kPause);
  v.duration({"down_window", "Shrink only to the most that was needed within this time."},
             scaling.down_window, kPause);
  v.duration({"drain", "Longest time for a leaving endpoint to finish its requests."},
             scaling.drain, kPause);
}

/// One entry of a service's `discovery`; only the file has it, Settings hold the union.
struct DiscoverySource {
  bool children = false;
  std::vector<Endpoint> endpoints;
  std::optional<DnsDiscovery> dns;
  std::optional<DockerDiscovery> docker;
};

template <class Visitor>
void describe(Visitor& v, DiscoverySource& source) {
  v.marker({"process", "The children that `process` of this service describes."}, source.children);
  v.endpoints({"static", "Fixed addresses."}, source.endpoints);
  v.optional_section({"dns", "The addresses of a host name.", Presence::optional}, source.dns);
  v.optional_section({"docker", "The containers of a Docker engine that have a label; at most one.",
                      Presence::optional},
                     source.docker);
}

template <class Visitor>
void describe(Visitor& v, Service& service) {
  v.discovery({"discovery", "Where the endpoints come from; their union.", Presence::required},
              service);
  v.section({"balance", "How requests are spread over the endpoints."}, service.balance);
  v.optional_section(
      {"process", "The children of `discovery: [ {process: {}} ]`.", Presence::optional},
      service.process);
  v.optional_section(
      {"scaling", "How many endpoints there are; absent: as many as discovery finds.",
       Presence::optional},
      service.scaling);
  v.section({"health", "Which endpoints are well."}, service.health);
  v.section({"breaker", "When the service and its endpoints get a rest."}, service.breaker);
  v.optional_section({"concurrency", "How many requests may be under way; absent: as many as come.",
                      Presence::optional},
                     service.concurrency);
  v.optional_section(
      {"rate_limit", "How often a client may ask, over all routes.", Presence::optional},
      service.rate_limit);
}

}  // namespace weir::config
