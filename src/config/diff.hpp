#pragma once
// Diff: what changes between two configurations, for `weir reload --plan` and for the reload
// itself.
//
// Services, listeners and dns sources are the same by name, routes by what they match, endpoints by
// address: the order in the file is no difference, and neither is the number of a service. Pure.
// Texts of values are those of weir.yaml, without quotes around them and without passwords.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/diff_values.hpp"
#include "config/settings.hpp"

namespace weir::config {

/// Parts of a service that a reload applies one by one.
enum class Group : std::uint8_t {
  balance,
  health,
  breaker,
  concurrency,
  rate_limit,
  process,
  scaling,
  endpoints,  ///< the static ones
  dns,
  docker,
};
/// "rate_limit". Lifetime: static.
std::string_view name(Group group) noexcept;

/// An endpoint whose weight or backup changes.
struct EndpointChange {
  Endpoint before;
  Endpoint after;
  bool operator==(const EndpointChange&) const = default;
};

struct ServiceChange {
  std::string name;
  std::vector<Group> groups;         ///< each once, in the order of Group
  std::vector<ValueChange> values;   ///< of every group but `endpoints`; dns: "dns a:80 weight"
  std::vector<Endpoint> added;       ///< of `endpoints`
  std::vector<Endpoint> removed;     ///< of `endpoints`: they drain
  std::vector<EndpointChange> kept;  ///< of `endpoints`: what stays, with another weight
  bool has(Group group) const noexcept;
};

/// A service that comes or goes.
struct ServiceEntry {
  std::string name;
  std::vector<std::string>
      sources;  ///< "2 endpoints", "3 children", "dns web:80", "docker app=web"
};

/// A route that comes or goes.
struct RouteEntry {
  std::string match;   ///< as match_text() has it
  std::string target;  ///< a service's name, or "redirect 302 /new"
};

struct RouteChange {
  std::string match;
  std::vector<ValueChange> values;
};

struct Change {
  std::vector<ServiceEntry> services_added;
  std::vector<ServiceEntry> services_removed;
  std::vector<ServiceChange> services_changed;
  std::vector<RouteEntry> routes_added;
  std::vector<RouteEntry> routes_removed;
  std::vector<RouteChange> routes_changed;
  std::vector<std::string> listeners_changed;  ///< names; what changes is in the next two
  std::vector<std::string> needs_restart;      ///< one sentence each
  /// Keys that need no restart: trusted_proxies, admin.hosts, admin.insecure, log.level, and
  /// listeners.NAME.limits.*
  std::vector<ValueChange> other;

  bool empty() const noexcept;
};

/// What a reload from `before` to `after` would do. Cost: O(n log n) in services, routes,
/// endpoints.
Change diff(const Settings& before, const Settings& after);

/// One line each, for people: `~ service web: algorithm round_robin -> weighted`,
/// `+ route /b -> pay`, `- service old (2 endpoints drain)`, `! listeners.web.bind: … only with a
/// restart`; "nothing changes" when there is nothing.
std::vector<std::string> plan_lines(const Change& change);

/// "GET,POST *.example/app/ on web"; what is "*" is left out, methods are sorted.
std::string match_text(const Match& match);

/// Gives each service the number that its name has in `before`, and new ones the numbers after the
/// highest. Returns the highest number given so far: hand it to the next call as `highest`, so that
/// the number of a service that is gone means no other one later.
std::uint32_t keep_numbers(Settings& after, const Settings& before, std::uint32_t highest = 0);

}  // namespace weir::config
