#pragma once
// DockerFleet: what is known of the containers of one source, and what follows from each piece of
// news. It talks to no engine: events, inspections and lists come in; ids to inspect and addresses
// to try come out (discovery_docker does the asking).
//
// 1. Identity is container id + start time: an address is used again within seconds.
// 2. Bad news counts at once (stop, die, pause, unhealthy, disconnect). Good news is only a
//    reason to inspect: the inspection's facts decide.
// 3. An inspection that was asked before the last bad news came is dropped and asked again.
// 4. An inspected container is sure to be as it says. One that is merely missing from a list is
//    not: those go through discovery_plan's cap, and drain.
// 5. One that was asked to end (`docker stop`) is out from then on, while it ends what it has under
//    way; if it still runs after kStopTime, it was not meant so, and it is in again.
// 6. A container that is out for a while (paused, unhealthy, disconnected) stays the same endpoint.
// Lane-only (control lane).

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/discovered_set.hpp"
#include "control/discovery_view.hpp"
#include "control/docker_member.hpp"

namespace weir::control {

class DockerFleet {
 public:
  /// Lifetime: the references outlive the fleet.
  DockerFleet(Registry& registry, telemetry::Log& log, DockerSource source);

  // ---- news

  void on_event(const DockerEvent& event, base::Time now);
  /// To be asked before an inspection, and handed back with its result.
  std::uint64_t news_of(const std::string& id) const;
  /// Null: the engine knows no such container.
  void on_inspected(const std::string& id, const DockerContainer* container, std::uint64_t news,
                    base::Time now);
  /// A list is asked for now; on_listed() follows, after each listed one was inspected.
  void begin_cycle() noexcept { ++cycle_; }
  /// Returns whether leaves are held. `is_whole`: rows may be missing from it, so nobody leaves.
  bool on_listed(const std::set<std::string>& ids, bool is_whole, base::Time now);
  /// The container accepts connections.
  void on_accepting(const std::string& id, std::uint64_t probe, base::Time now);

  // ---- what is to be done

  /// An id to inspect.
  std::optional<std::string> take_pending();
  /// More happened than was noted, so a list is needed.
  bool take_lost() noexcept { return std::exchange(is_lost_, false); }

  struct Probe {
    std::string id;
    std::uint64_t number = 0;
    std::string address;
  };
  std::vector<Probe> take_probes() { return std::exchange(probes_, {}); }
  bool is_wanted(const Probe& probe) const;

  DiscoveredSet& set() noexcept { return set_; }
  const std::string& note() const noexcept { return note_; }
  std::vector<DiscoveredView> view() const;

 private:
  static constexpr std::size_t kKnownMax = 1024;
  // Docker's own grace is 10 s. A longer one only means that a list may bring it back too early.
  static constexpr base::Duration kStopTime = std::chrono::seconds(15);

  struct Known {
    DockerMember member;
    std::string key;          // of the endpoint, once it has or had one
    std::uint64_t news = 0;   // counts bad news
    std::uint64_t cycle = 0;  // when it was inspected last
    std::uint64_t probe = 0;  // the one under way; 0: none
    base::Time stopping_until{};
  };

  Known* know(const DockerEvent& event);
  void put_out(Known& known, std::string_view state, std::string reason, base::Time now);
  void take_away(Known& known, std::string_view reason, base::Time now);
  void put_in(Known& known, base::Time now);

  const DockerSource source_;
  DiscoveredSet set_;
  std::map<std::string, Known> known_;  // by container id
  std::set<std::string> pending_;
  std::vector<Probe> probes_;
  ChurnMemory churn_;
  std::string note_;
  std::uint64_t cycle_ = 0;
  std::uint64_t probes_begun_ = 0;
  bool is_listed_ = false;  // some list was complete: newcomers start slowly
  bool is_lost_ = false;
};

}  // namespace weir::control
