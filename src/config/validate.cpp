#include "config/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "config/address.hpp"
#include "config/validate_fallback.hpp"
#include "config/validate_route.hpp"
#include "config/validate_scaling.hpp"
#include "config/validate_service.hpp"

namespace weir::config {
namespace {

// A socket that this process opens, and where the file says so.
struct Opened {
  std::string what;
  Address address;
  Place place;
};

bool is_every(const Address& address) { return address.host == "0.0.0.0" || address.host == "::"; }

// Whether the kernel would refuse the second. The families do not clash: listeners are v6-only.
bool clash(const Address& a, const Address& b) {
  if (a.is_unix() || b.is_unix()) return a.unix_path == b.unix_path;
  if (a.port != b.port || a.port == 0) return false;
  const bool same_family = a.host.contains(':') == b.host.contains(':');
  return a.host == b.host || (same_family && (is_every(a) || is_every(b)));
}

void check_listeners(const Settings& settings, const Node& root, Problems& problems) {
  if (settings.listeners.empty() && !problems.has_errors()) {
    problems.error(key_place_of(root, {"listeners"}),
                   "no listener: clients have nowhere to connect; add "
                   "`listeners: { web: { bind: \"127.0.0.1:8080\" } }`");
  }
  for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
    const Listener& listener = settings.listeners[i];
    if (listener.limits.request_line_max > listener.limits.head_max) {
      problems.error(place_of(root, {"listeners", i, "limits", "line"}),
                     "line: a request line cannot be larger than the head that it is part of");
    }
  }
}

// Bounded: at most kNamedMax listeners, so at most 500,000 comparisons.
void check_ports(const Settings& settings, const Node& root, Problems& problems) {
  std::vector<Opened> opened;
  const auto open = [&](Opened next) {
    for (const Opened& other : opened) {
      if (!clash(other.address, next.address)) continue;
      problems.error(next.place, fmt::format("{} is used twice: {} has it, on line {}",
                                             to_text(next.address), other.what, other.place.line));
      return;
    }
    opened.push_back(std::move(next));
  };
  for (std::size_t i = 0; i < settings.listeners.size(); ++i) {
    const Listener& listener = settings.listeners[i];
    if (listener.bind == Address{}) continue;  // could not be read
    open({fmt::format("listener '{}'", clipped(listener.name)), listener.bind,
          place_of(root, {"listeners", i, "bind"})});
  }
  if (is_written(root, {"admin", "bind"})) {
    open({"admin", settings.admin.bind, place_of(root, {"admin", "bind"})});
    return;
  }
  // The admin default has no place: blame the listener that took its address.
  for (const Opened& other : opened) {
    if (!clash(other.address, settings.admin.bind)) continue;
    problems.error(other.place, fmt::format("{} is the admin interface's default; give admin.bind "
                                            "another",
                                            to_text(settings.admin.bind)));
  }
}

void check_admin(const Settings& settings, const Node& root, Problems& problems) {
  if (settings.admin.insecure || is_loopback(settings.admin.bind)) return;
  problems.error(place_of(root, {"admin", "bind"}),
                 fmt::format("other machines could reach the admin interface at {}, and this "
                             "version has no TLS for it; bind it to 127.0.0.1, or set "
                             "insecure: true if something else protects it",
                             to_text(settings.admin.bind)));
}

void check_endpoints(const Node& node, Problems& problems) {
  std::map<Address, int> lines;
  const Node* discovery = node.find("discovery");
  if (discovery == nullptr) return;
  for (const Node& source : discovery->items) {
    const Node* fixed = source.find("static");
    if (fixed == nullptr) continue;
    for (const Node& item : fixed->items) {
      const Node* written = item.shape == Shape::map ? item.find("address") : &item;
      if (written == nullptr || written->shape != Shape::scalar) continue;
      const auto address = parse_endpoint(written->text);
      if (!address) continue;
      const auto [first, inserted] = lines.emplace(*address, written->place.line);
      if (inserted) continue;
      problems.warning(written->place, fmt::format("{} is listed twice, first on line {}; a weight "
                                                   "says so more clearly",
                                                   to_text(*address), first->second));
    }
  }
}

// What stands behind `- process:` in a service's discovery, or nullptr.
const Node* process_source(const Node& service) noexcept {
  const Node* discovery = service.find("discovery");
  if (discovery == nullptr) return nullptr;
  for (const Node& source : discovery->items) {
    if (const Node* process = source.find("process")) return process;
  }
  return nullptr;
}

void check_process(const Service& service, const Node& node, Problems& problems) {
  const Node* process = node.find("process");
  const Node* source = process_source(node);
  // Keys inside the source were reported: they are the ones that are missed here.
  if (process == nullptr && source != nullptr && source->members.empty()) {
    problems.error(place_of(node, {"discovery"}),
                   fmt::format("{}: discovery by process needs `process: {{ command: [...] }}`",
                               clipped(service.name)));
  }
  if (process != nullptr && source == nullptr && is_written(node, {"discovery"})) {
    problems.warning(key_place_of(node, {"process"}),
                     fmt::format("{}: no child is started: discovery does not list it; add "
                                 "`- process: {{}}`",
                                 clipped(service.name)));
  }
  if (service.process && service.process->instances.size() > service.process->replicas) {
    problems.warning(place_of(node, {"process", "instances"}),
                     fmt::format("{}: {} instances for {} replicas; the last are not used",
                                 clipped(service.name), service.process->instances.size(),
                                 service.process->replicas));
  }
}

void check_services(const Settings& settings, const Node& root, Problems& problems) {
  const Node* services = root.find("services");
  if (services == nullptr) return;
  std::set<std::string_view> used;
  for (const Route& route : settings.routes) {
    used.insert(route.service);
    if (route.fallback) used.insert(route.fallback->service);
  }
  for (std::size_t i = 0; i < settings.services.size(); ++i) {
    const Service& service = settings.services[i];
    const Member& member = services->members[i];
    check_endpoints(member.value, problems);
    check_process(service, member.value, problems);
    check_service(service, member.value, problems);
    check_scaling(service, member.value, problems);
    check_dns(service, member.value, problems);
    if (!used.contains(service.name)) {
      problems.warning(member.place,
                       fmt::format("no route leads to service '{}'", clipped(service.name)));
    }
  }
}

}  // namespace

bool lists_process(const Node& service) noexcept { return process_source(service) != nullptr; }

void validate(const Settings& settings, const Node& root, Problems& problems) {
  check_listeners(settings, root, problems);
  check_ports(settings, root, problems);
  check_admin(settings, root, problems);
  check_services(settings, root, problems);
  check_routes(settings, root, problems);
  check_fallback_loops(settings, root, problems);
  check_queues(settings, root, problems);
}

}  // namespace weir::config
