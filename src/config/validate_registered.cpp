#include "config/validate_registered.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir::config {

void validate_registered(const Settings& settings, const Node& root, Problems& problems) {
  for (const Service& service : settings.services) {
    if (!service.registered) continue;
    const auto refuse = [&](std::string_view key, std::string_view what) {
      problems.error(place_of(root, {"services", std::string_view(service.name), key}),
                     fmt::format("{}: {}: only the configuration file may", key, what));
    };
    if (service.process ||
        is_written(root, {"services", std::string_view(service.name), "process"})) {
      refuse("process", "starts programs");
    }
    if (service.docker) refuse("discovery", "docker: asks the machine's Docker engine");
    if (service.scaling) refuse("scaling", "starts and stops endpoints");
    const bool has_path = std::ranges::any_of(
        service.endpoints, [](const Endpoint& each) { return each.address.is_unix(); });
    if (has_path) refuse("discovery", "unix: reaches sockets of this machine");
  }
}

}  // namespace weir::config
