#pragma once
// DockerUsage: what the containers of one source use of CPU and memory, once a second.
//
// The kernel's own counters are read, through the process that inspect names. Where this machine
// does not show them (the engine is elsewhere, or weir is in a container itself) the engine is
// asked instead, one container at a time, because that takes it up to a second each; such figures
// are as old as there are containers, in seconds. A figure that is too old is absent, never
// repeated. It talks to no engine: ids to ask about come out, what was answered comes in. Lane-only
// (control).

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "control/discovery_view.hpp"
#include "supervise/cgroup_usage.hpp"

namespace weir::control {

class DockerUsage {
 public:
  /// Opens the files of a container. Replaced in tests.
  using Open = base::Result<supervise::CgroupReader> (*)(int pid, std::string_view id);

  explicit DockerUsage(Open open = &supervise::CgroupReader::open_of) : open_(open) {}

  /// Reads the files of those that run, and forgets all others.
  void sample(const std::vector<DiscoveredView>& members, base::Time now);
  /// The container whose turn it is to be asked about at the engine; none when all are visible.
  std::optional<std::string> next_hidden() const;
  /// What the engine said; nothing: it was asked in vain.
  void on_stats(const std::string& id, const std::optional<supervise::CgroupUsage>& usage,
                base::Time now);
  /// Sets the figures of a container whose id is set.
  void fill(ContainerFacts& facts, base::Time now) const;

 private:
  struct Known {
    int pid = 0;
    std::optional<supervise::CgroupReader> files;
    base::Time try_at{};      // to open the files again
    std::uint64_t asked = 0;  // of those that have none: whose turn was when
    std::optional<supervise::CgroupUsage> last;
    base::Time last_at{};
    std::optional<double> cpu_share;
  };

  static void note(Known& known, const supervise::CgroupUsage& usage, base::Time now);
  base::Duration age_max() const;

  const Open open_;
  std::map<std::string, Known> known_;  // by container id
  std::uint64_t turns_ = 0;
};

/// The answer to GET /containers/ID/stats. Fails: bad_message.
base::Result<supervise::CgroupUsage> parse_docker_stats(std::string_view text);

}  // namespace weir::control
