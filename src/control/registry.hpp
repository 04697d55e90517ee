#pragma once
// Registry: which services there are, which endpoints each has, and which of them may be picked.
//
// It is the one place where endpoints appear, change and leave; every change publishes a new set to
// the data lanes at once. The policies of balance/ decide (host_state, eligibility); the registry
// holds their states and applies events to them. Callable from any thread: changes are rare, and
// each is one short critical section.

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "balance/eligibility.hpp"
#include "balance/host_reason.hpp"
#include "balance/host_state.hpp"
#include "base/result.hpp"
#include "upstream/service.hpp"

namespace weir::control {

/// One endpoint as the registry knows it.
struct EndpointEntry {
  upstream::EndpointRef endpoint;
  bool ready = false;                ///< its owner (process, discovery) says that it runs
  bool eligible = false;             ///< it is in the published set
  std::string state;                 ///< "eligible", "starting", "stopped", or a HostReason's name
  std::string reason;                ///< why it is not eligible, or "slow start 35 %", or empty
  std::vector<std::string> reasons;  ///< all that speak against it, the first first
  std::int64_t changed_wall_ms = 0;
  std::optional<int> pid;  ///< of a supervised child
  balance::HostState host;
  float share = 1;  ///< of its weight: slow start
};

struct ServiceEntry {
  std::shared_ptr<upstream::Service> service;
  std::shared_ptr<const upstream::ServicePolicy> policy;
  balance::HostConfig host;
  balance::BreakerConfig breaker;
  bool panic = false;
  std::vector<EndpointEntry> endpoints;  ///< by id
};

/// One thing that happened to an endpoint, for the event log.
struct HostChange {
  std::string service;
  std::string endpoint;
  balance::HostTransition transition;
};

class Registry {
 public:
  /// `lanes`: data lanes, for the counters.
  explicit Registry(std::size_t lanes) : lanes_(lanes) {}

  /// Requires: a new name and number.
  std::shared_ptr<upstream::Service> add_service(const config::Service& settings,
                                                 const config::Retry& retry = {});

  struct NewEndpoint {
    std::string service;
    std::string name;
    std::string address;
    std::uint32_t weight = 1;
    bool backup = false;
    std::optional<int> pid;
    /// Somebody has seen it answer: it need not wait for its first check.
    bool is_proven = false;
    bool at_start = false;  ///< among the first when weir starts: no slow start
  };
  /// Not eligible until set_ready. Fails: not_found for the service.
  base::Result<upstream::EndpointRef> add_endpoint(NewEndpoint endpoint, base::Time now);

  /// Its owner says whether it runs, and if not why. Publishes the change before it returns. An
  /// unknown id: no effect (it has just left).
  void set_ready(std::uint32_t endpoint_id, bool ready, std::string state, std::string reason,
                 base::Time now);
  void remove_endpoint(std::uint32_t endpoint_id, base::Time now);

  /// Steps the endpoint's host state and publishes what follows. Returns whether a prompt check is
  /// wanted. `changes` (may be null) gets what happened.
  bool apply(std::uint32_t endpoint_id, const balance::HostEvent& event, base::Time now,
             std::vector<HostChange>* changes = nullptr);

  /// Time alone: breakers that let probes in, ejections that end, slow starts that grow.
  void tick(base::Time now, std::vector<HostChange>& changes);

  /// Another policy from now on; exchanges under way keep theirs. Fails: not_found.
  base::Result<void> set_policy(const std::string& service, upstream::ServicePolicy policy,
                                base::Time now);
  /// For response_time: by endpoint id.
  void set_scores(const std::string& service, const std::vector<std::pair<std::uint32_t, double>>&,
                  base::Time now);

  /// By number, described as of `now`. A copy: endpoints in it stay alive.
  std::vector<ServiceEntry> services(base::Time now) const;
  /// The same without the texts, for who looks often.
  std::vector<ServiceEntry> facts() const;

 private:
  struct Slot : ServiceEntry {
    std::shared_ptr<const upstream::EndpointSet> published;
    std::vector<std::pair<std::uint32_t, double>> scores;
    base::Time ramped{};  // when the shares of a slow start were published last
  };

  EndpointEntry* find(std::uint32_t endpoint_id, Slot** owner);
  Slot* find_service(const std::string& name);
  void step(Slot& slot, EndpointEntry& entry, const balance::HostEvent& event, base::Time now,
            std::vector<HostChange>* changes, bool* wants_check);
  void refresh(Slot& slot, base::Time now);

  const std::size_t lanes_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Slot>> services_;  // guarded
  std::uint32_t next_id_ = 1;                    // guarded
  std::uint64_t generation_ = 1;                 // guarded
  std::uint64_t policy_number_ = 1;              // guarded
};

}  // namespace weir::control
