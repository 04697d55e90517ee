#pragma once
// DiscoveredSet: the endpoints that one source has put into the registry, by the source's own keys.
// It carries out what discovery_plan and the events say, and ends those that have drained.
//
// A member that leaves drains: no new exchange, and it is removed when nothing is in flight or its
// time is up. One whose death is known is removed at once; exchanges under way keep their own
// reference. Lane-only (control lane).

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "control/discovery_plan.hpp"
#include "control/registry.hpp"
#include "telemetry/log.hpp"

namespace weir::control {

struct DiscoveredMember {
  PlanMember plan;
  std::string service;
  std::string name;
  bool backup = false;
};

class DiscoveredSet {
 public:
  /// `source` for the log: "docker". Lifetime: the references outlive the set.
  DiscoveredSet(Registry& registry, telemetry::Log& log, std::string source)
      : registry_(registry), log_(log), source_(std::move(source)) {}

  /// A new endpoint; it takes traffic once it is ready. Requires: a new key. Fails: not_found, when
  /// there is no such service; overloaded at kDiscoveredMax.
  base::Result<void> join(const DiscoveredMember& member, bool at_start, base::Time now);
  /// `state` and `reason`: why not. Says so in the log when it changes something.
  void set_ready(std::string_view key, bool ready, std::string_view state, std::string_view reason,
                 base::Time now);
  void set_weight(std::string_view key, std::uint32_t weight, base::Time now);
  /// It was not found any more.
  void drain(std::string_view key, base::Time closes_at, base::Time now);
  /// It was found again: a drain of ours ends.
  void keep(std::string_view key, base::Time now);
  void remove(std::string_view key, std::string_view reason, base::Time now);
  void remove_all(std::string_view reason, base::Time now);
  /// Removes what has drained.
  void sweep(base::Time now);

  bool contains(std::string_view key) const { return members_.contains(key); }
  bool is_ready(std::string_view key) const;
  bool is_draining(std::string_view key) const;
  /// Null when there is none. Lifetime: until the next change.
  const PlanMember* find(std::string_view key) const;
  /// 0 when there is none.
  std::uint32_t endpoint_id(std::string_view key) const;
  std::size_t size() const noexcept { return members_.size(); }
  bool is_draining_any() const noexcept;
  /// Those that do not drain.
  std::vector<PlanMember> members() const;
  std::vector<PlanMember> all() const;

 private:
  struct Member {
    DiscoveredMember is;
    upstream::EndpointRef endpoint;
    bool ready = false;
    base::Time closes_at = base::kNever;  // draining
    bool is_draining() const noexcept { return closes_at != base::kNever; }
  };
  using Members = std::map<std::string, Member, std::less<>>;

  void apply(Member& member, const balance::HostEvent& event, base::Time now);

  Registry& registry_;
  telemetry::Log& log_;
  const std::string source_;
  Members members_;
};

}  // namespace weir::control
