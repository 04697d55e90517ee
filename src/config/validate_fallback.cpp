#include "config/validate_fallback.hpp"

#include <fmt/format.h>

#include <map>
#include <string_view>
#include <vector>

#include "base/text.hpp"

namespace weir::config {
namespace {

// Depth first over "falls back to"; an edge to a service on the way is a loop.
class LoopSearch {
 public:
  LoopSearch(const Settings& settings, const Node& routes, Problems& problems)
      : routes_(routes), problems_(problems) {
    for (std::size_t i = 0; i < settings.routes.size(); ++i) {
      const Route& route = settings.routes[i];
      if (!route.fallback || route.service.empty()) continue;
      const std::string& target = route.fallback->service;
      // A service that catches its own failures is reported with its route.
      if (target.empty() || target == route.service) continue;
      nodes_[route.service].targets.emplace(target, i);
    }
  }

  void run() {
    for (auto& [name, node] : nodes_) visit(name, node);
  }

 private:
  struct Vertex {
    std::map<std::string_view, std::size_t> targets;  // service → the first route that says so
    enum class Mark : std::uint8_t { fresh, on_the_way, done } mark = Mark::fresh;
  };

  void visit(std::string_view name, Vertex& vertex) {
    if (vertex.mark != Vertex::Mark::fresh) return;
    vertex.mark = Vertex::Mark::on_the_way;
    way_.push_back(name);
    for (const auto& [target, route] : vertex.targets) {
      const auto next = nodes_.find(target);
      if (next == nodes_.end()) continue;
      if (next->second.mark == Vertex::Mark::on_the_way) {
        report(target, route);
      } else {
        visit(next->first, next->second);
      }
    }
    way_.pop_back();
    vertex.mark = Vertex::Mark::done;
  }

  void report(std::string_view start, std::size_t route) {
    std::string loop;
    bool in_loop = false;
    for (const std::string_view name : way_) {
      in_loop = in_loop || name == start;
      if (in_loop) loop += fmt::format("{} -> ", clipped(name));
    }
    problems_.error(place_of(routes_, {route, "fallback", "service"}),
                    fmt::format("fallback: these services would catch each other's failures: {}{}",
                                loop, clipped(start)));
  }

  const Node& routes_;
  Problems& problems_;
  std::map<std::string_view, Vertex> nodes_;
  std::vector<std::string_view> way_;
};

}  // namespace

void check_fallback_loops(const Settings& settings, const Node& root, Problems& problems) {
  const Node* routes = root.find("routes");
  if (routes != nullptr) LoopSearch(settings, *routes, problems).run();
}

void check_queues(const Settings& settings, const Node& root, Problems& problems) {
  std::map<std::string_view, std::size_t> strictest;  // service → its route of the least `total`
  for (std::size_t i = 0; i < settings.routes.size(); ++i) {
    const auto [at, inserted] = strictest.emplace(settings.routes[i].service, i);
    const Duration least = settings.routes[at->second].timeout.total;
    if (!inserted && settings.routes[i].timeout.total < least) at->second = i;
  }
  for (std::size_t i = 0; i < settings.services.size(); ++i) {
    const Service& service = settings.services[i];
    const auto route = strictest.find(service.name);
    if (!service.concurrency || service.concurrency->queue == 0 || route == strictest.end())
      continue;
    const Duration wait = service.concurrency->queue_timeout;
    const Duration total = settings.routes[route->second].timeout.total;
    if (wait < total) continue;
    const bool is_queue_written = is_written(root, {"services", i, "concurrency", "queue_timeout"});
    const Place queue = place_of(root, {"services", i, "concurrency", "queue_timeout"});
    const Place routed = place_of(root, {"routes", route->second, "timeout", "total"});
    const bool is_total_written = is_written(root, {"routes", route->second, "timeout", "total"});
    problems.error(
        is_queue_written ? queue : routed,
        fmt::format(
            "{}: queue_timeout ({}{}) is not shorter than total ({}{}) of the route on line "
            "{}: a request would spend all its time in the queue",
            clipped(service.name), base::format_duration(wait),
            is_queue_written ? "" : ", the default", base::format_duration(total),
            is_total_written ? "" : ", the default",
            place_of(root, {"routes", route->second}).line));
  }
}

}  // namespace weir::config
