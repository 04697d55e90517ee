#pragma once
// Hosts: the control lane's part of weir in a run: the host state of each endpoint, its checks and
// breaker, outlier ejection, and the candidates that follow from them. All decisions are those of
// balance/; this is what control/registry and control/host_owner are in the gateway.
//
// Candidates and tables are views into arrays of this object, replaced when the set changes.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "balance/breaker.hpp"
#include "balance/candidates.hpp"
#include "balance/eligibility.hpp"
#include "balance/hash_ring.hpp"
#include "balance/health_check.hpp"
#include "balance/host_state.hpp"
#include "balance/outlier.hpp"
#include "balance/pick_input.hpp"
#include "base/rng.hpp"
#include "simulate/event_queue.hpp"
#include "simulate/fleet.hpp"
#include "simulate/recent.hpp"
#include "simulate/world.hpp"

namespace weir::simulate {

/// What the algorithms under test look at.
struct HostsOptions {
  bool wants_ring = false;
  bool wants_scores = false;
  std::uint64_t seed = 0;
};

class Hosts {
 public:
  /// Lifetime: world, events and fleet outlive it.
  Hosts(const World& world, const HostsOptions& options, EventQueue& events, const Fleet& fleet,
        base::Time now);

  const balance::Candidates& candidates() const noexcept { return candidates_; }
  const balance::PickTables& tables() const noexcept { return tables_; }
  std::size_t index_of(std::size_t candidate) const noexcept { return ids_[candidate] - 1; }

  balance::Breaker& breaker(std::size_t index) noexcept { return hosts_[index].breaker; }
  void begin_attempt(std::size_t index) noexcept;
  void end_attempt(std::size_t index, base::Duration took, Ending ending, bool is_refused,
                   base::Time now);

  /// Attempts under way in all of the service.
  std::uint32_t in_flight() const noexcept { return in_flight_.load(std::memory_order_relaxed); }
  /// Of the last 10 s, a second old.
  base::Duration p50() const noexcept { return p50_; }
  base::Duration p95() const noexcept { return p95_; }
  bool is_member(std::size_t index) const noexcept { return hosts_[index].is_member; }

  static constexpr base::Duration kLook = std::chrono::milliseconds(50);
  void look(base::Time now);
  void check_over(std::size_t index, base::Time now);
  void second(base::Time now);

  void join(const Group& who, base::Time now);
  void supervised(const Group& who, bool is_up, base::Time now);

 private:
  struct Host {
    Host(const World& world, std::size_t number, base::Time now);

    balance::Breaker breaker;
    std::atomic<std::uint32_t> in_flight{0};  // read by the policies through Candidates
    balance::HostState state;
    balance::HostReasons reasons;  // as of the last step
    bool is_ramping = false;       // likewise
    std::optional<balance::CheckSchedule> schedule;
    balance::CheckEnd check_end = balance::CheckEnd::passed;  // of the one under way
    bool is_prompt = false;
    balance::OutlierTrack outlier;
    Recent recent;
    bool is_member;
    bool is_suspected = false;
    bool has_finished = false;  // an attempt, since the last look
    base::Time answered_at{};
    base::Time grew_at{};
    base::Time silence_told{};
  };

  bool is_steady(const Host& host) const noexcept;
  void step(Host& host, const balance::HostEvent& event, base::Time now);
  void begin_check(std::size_t index, base::Time now);
  void watch_silence(Host& host, base::Time others_answered, base::Time now);
  void judge_outliers(base::Time now);
  void score(base::Time now);
  void refresh(base::Time now);
  void publish(const balance::Eligibility& decided);

  const World& world_;
  const HostsOptions options_;
  EventQueue& events_;
  const Fleet& fleet_;
  base::Rng rng_;
  balance::HostConfig config_;
  balance::CheckConfig check_config_;
  std::deque<Host> hosts_;
  std::atomic<std::uint32_t> in_flight_{0};  // read by the policies through PickTables
  Recent recent_;
  base::Duration p50_{};
  base::Duration p95_{};
  std::uint64_t seconds_ = 0;
  bool is_changed_ = true;  // since the last refresh
  base::Time published_at_{};

  // the published set
  std::vector<std::uint32_t> ids_;
  std::vector<float> weights_;
  std::vector<const std::atomic<std::uint32_t>*> counters_;
  std::vector<std::uint64_t> identities_;
  std::vector<double> scores_;
  std::vector<double> all_scores_;  // by host
  std::unique_ptr<balance::HashRing> ring_;
  balance::Candidates candidates_;
  balance::PickTables tables_;
};

}  // namespace weir::simulate
