#include "config/validate_scaling.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "config/validate.hpp"

namespace weir::config {
namespace {

class ScalingCheck {
 public:
  ScalingCheck(const Service& service, const Scaling& scaling, const Node& node, Problems& problems)
      : service_(service), scaling_(scaling), node_(node), problems_(problems) {}

  void run() {
    check_bounds();
    check_driver();
    check_replicas();
  }

 private:
  bool written(const char* key) const { return is_written(node_, {"scaling", key}); }
  // Where the file says it; of a default: the section.
  Place place(const char* key) const {
    return written(key) ? place_of(node_, {"scaling", key}) : key_place_of(node_, {"scaling"});
  }
  std::string told(const char* key, std::uint32_t value) const {
    return fmt::format("{} ({}{})", key, value, written(key) ? "" : ", the default");
  }
  bool has_process() const { return is_written(node_, {"process"}) && lists_process(node_); }

  void check_bounds() {
    if (scaling_.min <= scaling_.max) return;
    problems_.error(place(written("min") ? "min" : "max"),
                    fmt::format("scaling: {} is above {}", told("min", scaling_.min),
                                told("max", scaling_.max)));
  }

  // A service without any discovery, or with half a `process`, was reported.
  void check_driver() {
    const bool is_default = !written("driver");
    const std::string driver = is_default ? "process, the default," : "process";
    if (scaling_.driver == ScalingDriver::process) {
      if (lists_process(node_) || !is_written(node_, {"discovery"})) return;
      problems_.error(place("driver"),
                      fmt::format("{}: driver {} starts children, and this service has none; list "
                                  "`process: {{}}` in its discovery",
                                  clipped(service_.name), driver),
                      service_.docker ? "driver: docker" : "");
    } else if (!service_.docker && is_written(node_, {"discovery"})) {
      problems_.error(place("driver"),
                      fmt::format("{}: driver docker starts containers, and this service has none; "
                                  "list `docker: {{}}` in its discovery",
                                  clipped(service_.name)),
                      lists_process(node_) ? "driver: process" : "");
    }
  }

  // Replicas that are not written begin at min (load.cpp).
  void check_replicas() {
    const bool is_process = scaling_.driver == ScalingDriver::process && has_process();
    if (!is_process || !service_.process || scaling_.min > scaling_.max) return;
    if (!is_written(node_, {"process", "replicas"})) return;
    const std::uint32_t replicas = service_.process->replicas;
    const bool is_low = replicas < scaling_.min;
    if (!is_low && replicas <= scaling_.max) return;
    problems_.error(place_of(node_, {"process", "replicas"}),
                    fmt::format("process: replicas ({}) is {} of scaling", replicas,
                                is_low ? "below " + told("min", scaling_.min)
                                       : "above " + told("max", scaling_.max)));
  }

  const Service& service_;
  const Scaling& scaling_;
  const Node& node_;
  Problems& problems_;
};

}  // namespace

void check_scaling(const Service& service, const Node& node, Problems& problems) {
  if (service.scaling) ScalingCheck(service, *service.scaling, node, problems).run();
}

void check_dns(const Service& service, const Node& node, Problems& problems) {
  const Node* discovery = node.find("discovery");
  if (discovery == nullptr) return;
  std::map<std::pair<std::string_view, std::uint16_t>, int> lines;
  std::size_t next = 0;  // service.dns corresponds to the entries of the file
  for (const Node& source : discovery->items) {
    const Node* written = source.find("dns");
    if (written == nullptr || written->shape == Shape::faulty) continue;
    if (next == service.dns.size()) return;
    const DnsDiscovery& dns = service.dns[next++];
    if (dns.name.empty()) continue;  // could not be read
    const auto [first, inserted] =
        lines.emplace(std::pair(std::string_view(dns.name), dns.port), source.place.line);
    if (inserted) continue;
    problems.warning(place_of(*written, {"name"}),
                     fmt::format("{}:{} is listed twice, first on line {}; a weight says so more "
                                 "clearly",
                                 dns.name, dns.port, first->second));
  }
}

}  // namespace weir::config
