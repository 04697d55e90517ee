#include "gateway/route_table.hpp"

#include <sys/random.h>

#include <algorithm>

#include "base/text.hpp"
#include "http/target.hpp"

namespace weir::gateway {
namespace {

constexpr std::size_t kHostMax = 255;

FieldEdits make_edits(const config::HeaderEdits& edits) {
  FieldEdits out;
  out.removed = edits.remove;
  for (const config::Header& header : edits.set) {
    out.removed.push_back(header.name);
    out.added += header.name + ": " + header.value + "\r\n";
  }
  for (const config::Header& header : edits.add) {
    out.added += header.name + ": " + header.value + "\r\n";
  }
  return out;
}

bool has_prefix(std::string_view path, std::string_view prefix) noexcept {
  if (!path.starts_with(prefix)) return false;
  return prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/';
}

bool takes_method(const Route& route, std::string_view method) noexcept {
  const auto& methods = route.settings.match.methods;
  return methods.empty() || std::ranges::find(methods, method) != methods.end();
}

}  // namespace

// What a route that stays has learned or counts goes on.
void RouteTable::inherit(Route& route, const RouteTable& before) {
  for (const auto& old : before.routes_) {
    if (old->settings.match != route.settings.match) continue;
    if (old->settings.rate_limit == route.settings.rate_limit) route.rate_limit = old->rate_limit;
    const bool both = route.last_good != nullptr && old->last_good != nullptr;
    if (both && old->settings.service == route.settings.service) route.last_good = old->last_good;
    return;
  }
}

RouteTable::RouteTable(const config::Settings& settings, const ServiceFinder& services,
                       const RouteTable* before)
    : listeners_(settings.listeners.size()), trusted_(settings.trusted_proxies) {
  [[maybe_unused]] const auto drawn = ::getrandom(&hash_seed_, sizeof hash_seed_, GRND_NONBLOCK);
  if (before != nullptr) hash_seed_ = before->hash_seed_;
  for (const config::Route& each : settings.routes) {
    auto route = std::make_unique<Route>();
    route->settings = each;
    route->request = make_edits(each.request_headers);
    route->response = make_edits(each.response_headers);
    if (each.rate_limit) {
      route->rate_limit =
          std::make_shared<balance::RateLimit>(upstream::rate_config(*each.rate_limit));
    }
    if (each.fallback && each.fallback->last_good) route->last_good = std::make_shared<LastGood>();
    if (before != nullptr) inherit(*route, *before);
    if (const auto found = services.find(each.service); found != services.end()) {
      route->service = found->second;
    }
    if (const auto other = each.fallback ? services.find(each.fallback->service) : services.end();
        other != services.end()) {
      route->fallback_service = other->second;
    }
    for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
      const std::string& wanted = each.match.listener;
      if (wanted != "*" && wanted != settings.listeners[i].name) continue;
      ListenerRoutes& into = listeners_[i];
      const std::string& host = each.match.host;
      if (host == "*") {
        into.any.push_back(route.get());
      } else if (host.starts_with("*.")) {
        const std::string suffix = host.substr(1);
        auto found =
            std::ranges::find(into.suffixes, suffix, &std::pair<std::string, Routes>::first);
        if (found == into.suffixes.end()) {
          into.suffixes.emplace_back(suffix, Routes());
          found = into.suffixes.end() - 1;
        }
        found->second.push_back(route.get());
      } else {
        into.exact[host].push_back(route.get());
      }
    }
    routes_.push_back(std::move(route));
  }
  const auto by_length = [](Routes& routes) {
    std::ranges::stable_sort(routes, std::greater<>(),
                             [](const Route* route) { return route->settings.match.path.size(); });
  };
  for (ListenerRoutes& listener : listeners_) {
    for (auto& [host, routes] : listener.exact) by_length(routes);
    for (auto& [suffix, routes] : listener.suffixes) by_length(routes);
    by_length(listener.any);
    std::ranges::stable_sort(listener.suffixes, std::greater<>(),
                             [](const auto& entry) { return entry.first.size(); });
  }
}

// Calls each(routes) from the most to the least particular host until it returns true.
template <class Each>
void RouteTable::for_each_host(std::size_t listener, std::string_view host,
                               Each each) const noexcept {
  if (listener >= listeners_.size()) return;
  const ListenerRoutes& table = listeners_[listener];
  if (!table.exact.empty() || !table.suffixes.empty()) {
    char lower[kHostMax];
    const std::string_view name = http::host_of(host).substr(0, kHostMax);
    for (std::size_t i = 0; i < name.size(); ++i) lower[i] = base::ascii_lower(name[i]);
    std::string_view key(lower, name.size());
    if (key.ends_with('.')) key.remove_suffix(1);  // a fully qualified name is the same host
    if (const auto found = table.exact.find(key); found != table.exact.end()) {
      if (each(found->second)) return;
    }
    for (const auto& [suffix, routes] : table.suffixes) {
      if (key.size() > suffix.size() && key.ends_with(suffix) && each(routes)) return;
    }
  }
  each(table.any);
}

RouteMatch RouteTable::find(std::size_t listener, std::string_view host, std::string_view path,
                            std::string_view method) const noexcept {
  RouteMatch match;
  for_each_host(listener, host, [&](const Routes& routes) {
    for (const Route* route : routes) {
      if (path != "*" && !has_prefix(path, route->settings.match.path)) continue;
      if (takes_method(*route, method)) {
        match.route = route;
        return true;
      }
      match.method_refused = true;
    }
    return false;
  });
  return match;
}

bool RouteTable::names(const upstream::Service* service) const noexcept {
  return std::ranges::any_of(routes_, [service](const auto& route) {
    return route->service.get() == service || route->fallback_service.get() == service;
  });
}

std::string RouteTable::allowed_methods(std::size_t listener, std::string_view host,
                                        std::string_view path) const {
  std::vector<std::string> methods;
  for_each_host(listener, host, [&](const Routes& routes) {
    for (const Route* route : routes) {
      if (!has_prefix(path, route->settings.match.path)) continue;
      for (const std::string& method : route->settings.match.methods) {
        if (std::ranges::find(methods, method) == methods.end()) methods.push_back(method);
      }
    }
    return false;
  });
  std::string out;
  for (const std::string& method : methods) {
    if (!out.empty()) out += ", ";
    out += method;
  }
  return out;
}

}  // namespace weir::gateway
