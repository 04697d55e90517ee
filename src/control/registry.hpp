#pragma once
// Registry: which services there are, which endpoints each has, and which of them may be picked.
//
// It is the one place where endpoints appear, change and leave; every change publishes a new set to
// the data lanes at once. The policies of balance/ decide (host_state, eligibility); the registry
// holds their states and applies events to them. Callable from any thread: changes are rare, and
// each is one short critical section.

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "balance/eligibility.hpp"
#include "balance/host_reason.hpp"
#include "balance/host_state.hpp"
#include "base/result.hpp"
#include "control/endpoint_guard.hpp"
#include "control/operator_command.hpp"
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
  float share = 1;           ///< of its weight: slow start
  std::uint32_t weight = 1;  ///< the configured one, or what the operator has set
  std::uint32_t configured_weight = 1;
};

struct ServiceEntry {
  std::shared_ptr<upstream::Service> service;
  std::shared_ptr<const upstream::ServicePolicy> policy;
  balance::HostConfig host;
  balance::BreakerConfig breaker;
  bool panic = false;
  std::vector<EndpointEntry> endpoints;  ///< by id
};

/// One thing that happened to an endpoint or a service's own breaker, for the event log.
struct HostChange {
  std::string service;
  std::string endpoint;  ///< empty: the service itself
  balance::HostTransition transition;
};

/// What the operator wants of an endpoint, by its name: for the one that is there and for those
/// that come after it.
struct EndpointWishes {
  std::optional<std::uint32_t> weight;
  bool draining = false;
  std::optional<BreakerAction> breaker;  ///< open or close
};

/// What the settings say of each host.
balance::HostConfig host_config(const config::Service& settings);

class Registry {
 public:
  /// `lanes`: data lanes, for the counters.
  explicit Registry(std::size_t lanes) : lanes_(lanes) {}

  /// Requires: a new name and number.
  std::shared_ptr<upstream::Service> add_service(const config::Service& settings,
                                                 const config::Retry& retry = {});

  /// Other settings for a service: what only needs another policy or other checks changes in place;
  /// for the rest a new Service object takes over the counters, the endpoints and the breakers'
  /// states. What the operator changed at run time stays unless the file changed it too. Returns
  /// the object that routes are to name from now on. Fails: not_found.
  base::Result<std::shared_ptr<upstream::Service>> change_service(const config::Service& settings,
                                                                  const config::Retry& retry,
                                                                  base::Time now);
  /// It is in nobody's list from now on, and its name is free; what its endpoints still do goes on.
  void begin_leaving(const upstream::Service& service);
  /// Its endpoints with it. Exchanges under way end on what they hold.
  void remove_service(const upstream::Service& service);
  /// Null when there is none.
  std::shared_ptr<upstream::Service> find_service_named(std::string_view name) const;

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
  /// Not eligible until set_ready. Fails: not_found for the service; invalid_argument for an
  /// address that a registered service may not have.
  base::Result<upstream::EndpointRef> add_endpoint(NewEndpoint endpoint, base::Time now);

  /// Its owner says whether it runs, and if not why. Publishes the change before it returns. An
  /// unknown id: no effect (it has just left).
  void set_ready(std::uint32_t endpoint_id, bool ready, std::string state, std::string reason,
                 base::Time now);
  /// Another configured weight; the operator's, if there is one, stays. An unknown id: no effect.
  void set_configured_weight(std::uint32_t endpoint_id, std::uint32_t weight, base::Time now);
  void remove_endpoint(std::uint32_t endpoint_id, base::Time now);
  /// Attempts under way on it; 0 when there is none of that id.
  std::uint32_t in_flight(std::uint32_t endpoint_id) const;

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

  // ---- the operator's changes (registry_operator.cpp). A refused one changes nothing; the error
  // says for people what was wrong. `changes` (may be null) gets what happened.

  /// For one service, by number or name, or for all when empty: all or none. Every other setting
  /// stays; exchanges under way keep theirs. Fails: not_found; invalid_argument, when the algorithm
  /// needs what the service lacks.
  base::Result<std::vector<AlgorithmChange>> set_algorithm(std::string_view service,
                                                           balance::Algorithm algorithm,
                                                           base::Time now);
  /// Adaptive stays on this arm, or chooses again. One service. Fails: not_found; conflict: it is
  /// not adaptive; invalid_argument: not one of its arms.
  base::Result<void> pin_arm(std::string_view service, std::optional<balance::Algorithm> arm,
                             base::Time now);
  /// Which arm carries the service from now on: adaptive's decision, made under the policy of that
  /// number. Another policy meanwhile: no effect.
  void set_arm(const std::string& service, std::size_t arm, std::uint64_t policy, base::Time now);
  /// A service's name means its own breaker, and for `reset` those of its endpoints too.
  /// Fails: not_found; conflict: an endpoint's name that is not unique, or breakers that are off.
  base::Result<std::vector<BreakerOperated>> operate_breakers(const BreakerTarget& target,
                                                              BreakerAction action, base::Time now,
                                                              std::vector<HostChange>* changes);
  /// No new exchange from now on, or again; those under way end by themselves. It outlives the
  /// endpoint's process. Fails: not_found; conflict: not unique, or leaving for another reason.
  base::Result<DrainChange> set_draining(const EndpointName& wanted, bool draining, base::Time now,
                                         std::vector<HostChange>* changes);
  /// Nothing: the configured weight again. Fails: not_found; conflict; invalid_argument.
  base::Result<WeightChange> set_weight(const EndpointName& wanted,
                                        std::optional<std::uint32_t> weight, base::Time now);

  /// What was wanted before a restart. No service of that name: no effect.
  void restore(const std::string& service, const std::string& endpoint,
               const EndpointWishes& wishes, base::Time now);
  /// What services that were registered may have. Endpoints that are there and may not be are
  /// refused from now on.
  void set_guard(const EndpointGuard& guard, base::Time now);

  /// By number, described as of `now`. A copy: endpoints in it stay alive.
  std::vector<ServiceEntry> services(base::Time now) const;
  /// The same without the texts, for who looks often.
  std::vector<ServiceEntry> facts() const;

 private:
  struct Slot : ServiceEntry {
    std::shared_ptr<const upstream::EndpointSet> published;
    std::vector<std::pair<std::uint32_t, double>> scores;
    base::Time ramped{};  // when the shares of a slow start were published last
    balance::BreakerState breaker_seen = balance::BreakerState::closed;  // the service's own
    std::map<std::string, EndpointWishes> wishes;
    bool leaving = false;
    config::Service settings;
    config::Retry retry;
  };
  struct Place {
    Slot* slot;
    EndpointEntry* entry;
  };

  EndpointEntry* find(std::uint32_t endpoint_id, Slot** owner);
  Slot* find_service(const std::string& name);
  Slot* find_by_id(std::string_view id);
  base::Result<Slot*> want_service(std::string_view id);
  base::Result<Place> want_endpoint(const EndpointName& wanted);
  base::Result<std::vector<Place>> breakers_of(const BreakerTarget& target, BreakerAction action);
  std::vector<std::string> all_names() const;
  static base::Result<void> may_use(const Slot& slot, balance::Algorithm algorithm);
  upstream::ServiceOptions options_of(const Slot& slot);
  static void keep_algorithm(const Slot& slot, const config::Service& settings,
                             upstream::ServicePolicy& next);
  void adopt(Slot& slot, upstream::ServicePolicy policy, base::Time now);
  void equip(upstream::ServicePolicy& policy, const upstream::ServicePolicy* before) const;
  void grant_wishes(Slot& slot, EndpointEntry& entry, base::Time now);
  void note_breaker(Slot& slot, std::vector<HostChange>* changes);
  void step(Slot& slot, EndpointEntry& entry, const balance::HostEvent& event, base::Time now,
            std::vector<HostChange>* changes, bool* wants_check);
  void refresh(Slot& slot, base::Time now);

  const std::size_t lanes_;
  mutable std::mutex mutex_;
  EndpointGuard guard_;                          // guarded
  std::vector<std::unique_ptr<Slot>> services_;  // guarded
  std::uint32_t next_id_ = 1;                    // guarded
  std::uint64_t generation_ = 1;                 // guarded
  std::uint64_t policy_number_ = 1;              // guarded
  std::uint32_t next_slot_ = 0;                  // guarded
};

}  // namespace weir::control
