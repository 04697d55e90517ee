#include "config/diff.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "config/address.hpp"
#include "config/leaf_text.hpp"

namespace weir::config {
namespace {

constexpr std::array<std::string_view, 10> kGroupNames = {
    "balance", "health",  "breaker",   "concurrency", "rate_limit",
    "process", "scaling", "endpoints", "dns",         "docker"};

// What both sides have and what one of them has; the pointers lead into the two lists.
template <class T>
struct Paired {
  std::vector<const T*> added;
  std::vector<const T*> removed;
  std::vector<std::pair<const T*, const T*>> both;
};

// Entries are the same if `key_of` says so; of equal keys in one list the first counts.
template <class T, class KeyOf>
Paired<T> paired(const std::vector<T>& before, const std::vector<T>& after, KeyOf key_of) {
  using Key = decltype(key_of(before.front()));
  std::map<Key, const T*> old, next;
  for (const T& each : before) old.emplace(key_of(each), &each);
  for (const T& each : after) next.emplace(key_of(each), &each);
  Paired<T> out;
  for (const T& each : after) {
    if (next.at(key_of(each)) != &each) continue;
    const auto found = old.find(key_of(each));
    if (found == old.end()) {
      out.added.push_back(&each);
    } else {
      out.both.emplace_back(found->second, &each);
    }
  }
  for (const T& each : before) {
    const bool is_first = old.at(key_of(each)) == &each;
    if (is_first && !next.contains(key_of(each))) out.removed.push_back(&each);
  }
  return out;
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string dns_text(const DnsDiscovery& dns) { return fmt::format("{}:{}", dns.name, dns.port); }

ServiceEntry entry_of(const Service& service) {
  ServiceEntry out{service.name, {}};
  if (!service.endpoints.empty()) {
    out.sources.push_back(counted(service.endpoints.size(), "endpoint", "endpoints"));
  }
  if (service.process) {
    out.sources.push_back(counted(service.process->replicas, "child", "children"));
  }
  for (const DnsDiscovery& dns : service.dns) out.sources.push_back("dns " + dns_text(dns));
  if (service.docker) out.sources.push_back("docker " + shown_text(service.docker->label));
  return out;
}

// An address that is listed twice carries the weight of both.
std::vector<Endpoint> summed(const std::vector<Endpoint>& endpoints) {
  std::vector<Endpoint> out;
  std::map<Address, std::size_t> places;
  for (const Endpoint& endpoint : endpoints) {
    const auto [place, inserted] = places.emplace(endpoint.address, out.size());
    if (inserted) {
      out.push_back(endpoint);
    } else {
      out[place->second].weight += endpoint.weight;
      out[place->second].backup = out[place->second].backup && endpoint.backup;
    }
  }
  return out;
}

class ServiceDiff {
 public:
  ServiceDiff(const Service& before, const Service& after) : before_(before), after_(after) {
    change_.name = after.name;
  }

  ServiceChange run() {
    group(Group::balance, before_.balance == after_.balance);
    group(Group::health, before_.health == after_.health);
    group(Group::breaker, before_.breaker == after_.breaker);
    group(Group::concurrency, before_.concurrency == after_.concurrency);
    group(Group::rate_limit, before_.rate_limit == after_.rate_limit);
    group(Group::process, before_.process == after_.process);
    group(Group::scaling, before_.scaling == after_.scaling);
    change_.values = changes_of(values_of(before_), values_of(after_));
    endpoints();
    dns();
    docker();
    return std::move(change_);
  }

 private:
  void group(Group group, bool is_same) {
    if (!is_same) change_.groups.push_back(group);
  }

  void endpoints() {
    const std::vector<Endpoint> before = summed(before_.endpoints);
    const std::vector<Endpoint> after = summed(after_.endpoints);
    const auto pairs = paired(before, after, [](const Endpoint& e) { return e.address; });
    for (const Endpoint* endpoint : pairs.added) change_.added.push_back(*endpoint);
    for (const Endpoint* endpoint : pairs.removed) change_.removed.push_back(*endpoint);
    for (const auto& [old, next] : pairs.both) {
      if (*old != *next) change_.kept.push_back({*old, *next});
    }
    group(Group::endpoints,
          change_.added.empty() && change_.removed.empty() && change_.kept.empty());
  }

  void dns() {
    const std::size_t told = change_.values.size();
    const auto pairs = paired(before_.dns, after_.dns, dns_text);
    const auto key = [](const DnsDiscovery& dns) { return "dns " + dns_text(dns); };
    for (const auto& [old, next] : pairs.both) {
      for (ValueChange& value : changes_of(values_of(*old), values_of(*next))) {
        value.key = fmt::format("{} {}", key(*next), value.key);
        change_.values.push_back(std::move(value));
      }
    }
    for (const DnsDiscovery* each : pairs.added) {
      change_.values.push_back({key(*each), {}, {}, ValueChange::Kind::added});
    }
    for (const DnsDiscovery* each : pairs.removed) {
      change_.values.push_back({key(*each), {}, {}, ValueChange::Kind::removed});
    }
    group(Group::dns, change_.values.size() == told);
  }

  void docker() {
    group(Group::docker, before_.docker == after_.docker);
    if (before_.docker && after_.docker) {
      for (ValueChange& value : changes_of(values_of(*before_.docker), values_of(*after_.docker))) {
        value.key = "docker." + value.key;
        change_.values.push_back(std::move(value));
      }
    } else if (after_.docker) {
      change_.values.push_back(
          {"docker", {}, shown_text(after_.docker->label), ValueChange::Kind::added});
    } else if (before_.docker) {
      change_.values.push_back(
          {"docker", shown_text(before_.docker->label), {}, ValueChange::Kind::removed});
    }
  }

  const Service& before_;
  const Service& after_;
  ServiceChange change_;
};

std::string target_of(const Route& route) {
  if (!route.redirect) return route.service;
  return fmt::format("redirect {} {}", route.redirect->status,
                     shown_text(route.redirect->location));
}

const std::string* body_of(const Route& route) {
  return route.fallback && route.fallback->answer ? &route.fallback->answer->body : nullptr;
}

void diff_services(const Settings& before, const Settings& after, Change& change) {
  const auto pairs = paired(before.services, after.services,
                            [](const Service& s) -> std::string_view { return s.name; });
  for (const Service* service : pairs.added) change.services_added.push_back(entry_of(*service));
  for (const Service* service : pairs.removed) {
    change.services_removed.push_back(entry_of(*service));
  }
  for (const auto& [old, next] : pairs.both) {
    if (*old == *next) continue;
    ServiceChange service = ServiceDiff(*old, *next).run();
    if (!service.groups.empty()) change.services_changed.push_back(std::move(service));
  }
}

void diff_routes(const Settings& before, const Settings& after, Change& change) {
  const auto pairs = paired(before.routes, after.routes,
                            [](const Route& route) { return match_text(route.match); });
  const auto entry = [](const Route& route) {
    return RouteEntry{match_text(route.match), target_of(route)};
  };
  for (const Route* route : pairs.added) change.routes_added.push_back(entry(*route));
  for (const Route* route : pairs.removed) change.routes_removed.push_back(entry(*route));
  for (const auto& [old, next] : pairs.both) {
    if (*old == *next) continue;
    std::vector<ValueChange> values = changes_of(values_of(*old), values_of(*next));
    const std::string* old_body = body_of(*old);
    const std::string* new_body = body_of(*next);
    const bool is_file_same = old_body != nullptr && new_body != nullptr &&
                              old->fallback->answer->file == next->fallback->answer->file;
    if (is_file_same && *old_body != *new_body) {
      const std::string file = shown_text(next->fallback->answer->file);
      values.push_back({"fallback.static.file", file, file, {}});
    }
    if (values.empty()) continue;  // methods in another order
    change.routes_changed.push_back({match_text(next->match), std::move(values)});
  }
}

// `key: before -> after changes only with a restart`.
void restart_if(bool is_changed, std::string_view key, const std::string& before,
                const std::string& after, Change& change) {
  if (!is_changed) return;
  const auto told = [](const std::string& text) { return text.empty() ? "(none)" : text; };
  const std::string values =
      before == after ? std::string() : fmt::format(": {} -> {}", told(before), told(after));
  change.needs_restart.push_back(fmt::format("{}{} changes only with a restart", key, values));
}

void diff_listeners(const Settings& before, const Settings& after, Change& change) {
  const auto pairs = paired(before.listeners, after.listeners,
                            [](const Listener& l) -> std::string_view { return l.name; });
  for (const Listener* each : pairs.added) {
    change.needs_restart.push_back(fmt::format("listeners.{}: {} is opened only with a restart",
                                               each->name, to_text(each->bind)));
  }
  for (const Listener* each : pairs.removed) {
    change.needs_restart.push_back(fmt::format("listeners.{}: {} is closed only with a restart",
                                               each->name, to_text(each->bind)));
  }
  for (const auto& [old, next] : pairs.both) {
    if (*old == *next) continue;
    change.listeners_changed.push_back(next->name);
    restart_if(old->bind != next->bind, fmt::format("listeners.{}.bind", next->name),
               to_text(old->bind), to_text(next->bind), change);
    for (ValueChange& value : changes_of(values_of(*old), values_of(*next))) {
      if (value.key == "bind") continue;
      value.key = fmt::format("listeners.{}.{}", next->name, value.key);
      change.other.push_back(std::move(value));
    }
  }
}

void diff_rest(const Settings& before, const Settings& after, Change& change) {
  const auto other = [&](const char* key, const std::string& old, const std::string& next) {
    if (old != next) change.other.push_back({key, shown_text(old), shown_text(next), {}});
  };
  const auto store = [](const Admin& admin) {
    return shown_text(secret_text(admin.store, admin.store_from));
  };
  const auto proxies = [](const std::vector<Cidr>& cidrs) {
    std::string out;
    for (const Cidr& cidr : cidrs) out += (out.empty() ? "" : ", ") + to_text(cidr);
    return "[" + out + "]";
  };
  const Admin& admin = after.admin;
  restart_if(before.admin.bind != admin.bind, "admin.bind", to_text(before.admin.bind),
             to_text(admin.bind), change);
  const bool is_store_same =
      before.admin.store == admin.store && before.admin.store_from == admin.store_from;
  restart_if(!is_store_same, "admin.store", store(before.admin), store(admin), change);
  restart_if(before.access_log != after.access_log, "access_log.path",
             shown_text(before.access_log.path), shown_text(after.access_log.path), change);
  restart_if(before.log.path != after.log.path, "log.path", shown_text(before.log.path),
             shown_text(after.log.path), change);
  other("admin.hosts", flow_list(before.admin.hosts), flow_list(admin.hosts));
  other("admin.insecure", before.admin.insecure ? "true" : "false",
        admin.insecure ? "true" : "false");
  other("trusted_proxies", proxies(before.trusted_proxies), proxies(after.trusted_proxies));
  const auto level = [](LogLevel log) { return std::string(kLogLevelNames[std::size_t(log)]); };
  other("log.level", level(before.log.level), level(after.log.level));
}

}  // namespace

std::string_view name(Group group) noexcept { return kGroupNames[static_cast<std::size_t>(group)]; }

bool ServiceChange::has(Group group) const noexcept {
  return std::ranges::find(groups, group) != groups.end();
}

bool Change::empty() const noexcept {
  return services_added.empty() && services_removed.empty() && services_changed.empty() &&
         routes_added.empty() && routes_removed.empty() && routes_changed.empty() &&
         listeners_changed.empty() && needs_restart.empty() && other.empty();
}

std::string match_text(const Match& match) {
  std::vector<std::string> methods = match.methods;
  std::ranges::sort(methods);
  methods.erase(std::ranges::unique(methods).begin(), methods.end());
  std::string out = methods.empty() ? "" : fmt::format("{} ", fmt::join(methods, ","));
  if (match.host != "*") out += match.host;
  out += match.path;
  return match.listener == "*" ? out : fmt::format("{} on {}", out, match.listener);
}

Change diff(const Settings& before, const Settings& after) {
  Change change;
  diff_services(before, after, change);
  diff_routes(before, after, change);
  diff_listeners(before, after, change);
  diff_rest(before, after, change);
  return change;
}

std::uint32_t keep_numbers(Settings& after, const Settings& before, std::uint32_t highest) {
  std::map<std::string_view, std::uint32_t> numbers;
  for (const Service& service : before.services) {
    numbers.emplace(service.name, service.number);
    highest = std::max(highest, service.number);
  }
  for (Service& service : after.services) {
    const auto found = numbers.find(service.name);
    service.number = found == numbers.end() ? ++highest : found->second;
  }
  return highest;
}

}  // namespace weir::config
