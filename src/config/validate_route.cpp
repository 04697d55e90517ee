#include "config/validate_route.hpp"

#include <fmt/format.h>

#include <map>
#include <tuple>

#include "config/validate_order.hpp"

namespace weir::config {
namespace {

// Listener, host, path, method ("" = every): what may belong to one route only.
using Claim = std::tuple<std::string, std::string, std::string, std::string>;

class RouteCheck {
 public:
  RouteCheck(const Settings& settings, const Node& root, Problems& problems)
      : settings_(settings), routes_(root.find("routes")), problems_(problems) {
    for (const Service& service : settings.services) services_.push_back(service.name);
    for (const Listener& listener : settings.listeners) listeners_.push_back(listener.name);
  }

  void run() {
    for (index_ = 0; index_ < settings_.routes.size(); ++index_) {
      const Route& route = settings_.routes[index_];
      check_listener(route);
      check_target(route);
      check_prefix(route);
      check_timeouts(route);
      check_fallback(route);
      check_claims(route);
    }
  }

 private:
  bool written(std::initializer_list<Step> path) const { return is_written(node(), path); }
  Place at(std::initializer_list<Step> path) const { return place_of(node(), path); }
  const Node& node() const { return routes_->items[index_]; }

  void check_listener(const Route& route) {
    const std::string& name = route.match.listener;
    if (name == "*" || listeners_.empty() || find_listener(settings_, name) != nullptr) return;
    unknown(at({"match", "listener"}), "listener", name, listeners_);
  }

  void check_target(const Route& route) {
    const bool has_service = written({"service"}), has_redirect = written({"redirect"});
    if (has_service && has_redirect) {
      problems_.error(at({"redirect"}), "a route has either a service or a redirect, not both");
    } else if (!has_service && !has_redirect) {
      // A typing error in the key was reported as an unknown key already.
      if (!problems_.has_errors()) problems_.error(at({}), "this route has no service");
    }
    check_service_name(route.service, at({"service"}));
  }

  void check_service_name(const std::string& name, Place place) {
    if (name.empty() || find_service(settings_, name) != nullptr) return;
    if (services_.empty() && problems_.has_errors()) return;
    unknown(place, "service", name, services_);
  }

  void unknown(Place place, std::string_view kind, std::string_view name,
               const std::vector<std::string_view>& names) {
    const std::string meant = problems_.crowded() ? std::string() : suggest(name, names);
    std::string text = fmt::format("there is no {} '{}'", kind, clipped(name));
    if (meant.empty() && !names.empty()) text += fmt::format("; there are: {}", list_words(names));
    problems_.error(place, text, meant);
  }

  void check_prefix(const Route& route) {
    const bool rewrites = !route.rewrite_prefix.empty();
    if (route.strip_prefix && rewrites) {
      problems_.error(at({"rewrite_prefix"}),
                      "a route either strips its prefix or rewrites it, not both");
    }
    if (!route.redirect || (!route.strip_prefix && !rewrites)) return;
    problems_.error(at({route.strip_prefix ? "strip_prefix" : "rewrite_prefix"}),
                    "a redirect forwards no path: its location says where to go");
  }

  void check_timeouts(const Route& route) {
    constexpr std::string_view kWhy = ", of which it is a part";
    const Timeouts& t = route.timeout;
    check_order(node(), {"timeout"}, {"connect", t.connect}, {"attempt", t.attempt}, kWhy,
                problems_);
    check_order(node(), {"timeout"}, {"attempt", t.attempt}, {"total", t.total}, kWhy, problems_);
    check_order(node(), {"retry", "backoff"}, {"base", route.retry.backoff_base},
                {"cap", route.retry.backoff_cap}, {}, problems_);
  }

  void check_fallback(const Route& route) {
    if (!route.fallback) return;
    const Place place = at({"fallback"});
    if (route.redirect) {
      problems_.error(place, "a redirect makes no attempt that could fail: it has no fallback");
      return;
    }
    const Fallback& fallback = *route.fallback;
    std::vector<const char*> kinds;
    for (const char* kind : {"static", "last_good", "service"}) {
      if (written({"fallback", kind})) kinds.push_back(kind);
    }
    if (kinds.size() > 1) {
      problems_.error(
          at({"fallback", kinds[1]}),
          fmt::format("fallback: one of static, last_good and service, not {} as well as "
                      "{}",
                      kinds[1], kinds[0]));
    } else if (kinds.empty() && !problems_.has_errors()) {
      problems_.error(place, "fallback: say which: static, last_good or service");
    }
    check_service_name(fallback.service, at({"fallback", "service"}));
    if (!fallback.service.empty() && fallback.service == route.service) {
      problems_.error(at({"fallback", "service"}),
                      fmt::format("fallback: '{}' is the service that has failed; name another",
                                  clipped(fallback.service)));
    }
    if (fallback.answer) check_answer(*fallback.answer);
  }

  void check_answer(const StaticAnswer& answer) {
    const bool has_no_body = answer.status == 204 || answer.status == 205 || answer.status == 304;
    if (!has_no_body || answer.file.empty()) return;
    problems_.error(at({"fallback", "static", "file"}),
                    fmt::format("file: an answer of status {} has no body", answer.status));
  }

  void check_claims(const Route& route) {
    if (node().shape != Shape::map) return;  // could not be read
    if (route.match.methods.empty()) return claim(route.match, "");
    for (const std::string& method : route.match.methods) claim(route.match, method);
  }

  static std::string where(const Node& route) {
    if (route.place.layer != 0) return "of a service that was registered";
    return fmt::format("on line {}", route.place.line);
  }

  void claim(const Match& match, const std::string& method) {
    const Claim claim(match.listener, match.host, match.path, method);
    const auto [first, inserted] = claims_.emplace(claim, index_);
    if (inserted || first->second == index_) return;
    const Node& other = routes_->items[first->second];
    problems_.error(
        written({"match"}) ? at({"match"}) : at({}),
        fmt::format("the route {} has the same match: {} {}{}{}", where(other), match.listener,
                    match.host, match.path, method.empty() ? "" : " " + method));
  }

  const Settings& settings_;
  const Node* routes_;  // the list; one item for each route
  Problems& problems_;
  std::vector<std::string_view> services_;
  std::vector<std::string_view> listeners_;
  std::map<Claim, std::size_t> claims_;
  std::size_t index_ = 0;
};

}  // namespace

void check_routes(const Settings& settings, const Node& root, Problems& problems) {
  if (settings.routes.empty()) {
    if (!problems.has_errors()) {
      problems.warning(key_place_of(root, {"routes"}), "no route: every request is answered 404");
    }
    return;
  }
  RouteCheck(settings, root, problems).run();
}

}  // namespace weir::config
