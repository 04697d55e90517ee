#pragma once
// Exchanges: the data lanes' part of weir in a run: pick → admit → send → report → retry?, with the
// policies, breakers, budget and retry rule of balance/. It is to a simulated exchange what
// upstream/attempt and its sender are to a real one; a rule that changes there changes here.
//
// 1. Every exchange that begins ends once, done or failed.
// 2. An event about an attempt that is over (its serial is not the exchange's) means nothing.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "balance/breaker.hpp"
#include "balance/candidates.hpp"
#include "balance/cause.hpp"
#include "balance/policy.hpp"
#include "balance/retry_budget.hpp"
#include "simulate/arms.hpp"
#include "simulate/arrivals.hpp"
#include "simulate/event_queue.hpp"
#include "simulate/fleet.hpp"
#include "simulate/hosts.hpp"
#include "simulate/outcome.hpp"
#include "simulate/world.hpp"
#include "telemetry/histogram.hpp"

namespace weir::simulate {

class Exchanges {
 public:
  /// Lifetime: all references outlive it. `lanes` >= 1.
  Exchanges(const World& world, std::size_t lanes, std::uint64_t seed, EventQueue& events,
            Fleet& fleet, Hosts& hosts, Arms& arms);

  void begin(const Request& request, base::Time now);
  /// An event of kind served, stream_over, refused, failed_fast or retry.
  void on(const Event& event, base::Time now);
  /// Ends the attempts whose time is up.
  void end_timed_out(base::Time now);
  /// When the next of them is; kNever without one.
  base::Time next_timeout();
  /// The endpoint died: what it had is reset.
  void reset_all(std::size_t endpoint, base::Time now);

  bool is_wanted(std::uint32_t slot, std::uint64_t serial) const noexcept {
    return exchanges_[slot].serial == serial;
  }
  std::uint64_t sent() const noexcept { return outcome_.sent; }
  std::size_t under_way() const noexcept { return exchanges_.size() - free_.size(); }
  /// Everything but switches, imbalance and length.
  Outcome outcome() const;

 private:
  struct Lane {
    std::vector<balance::Policy> policies;  // one an arm
    balance::EndpointFacts facts;           // of all arms: they see the same endpoints
    base::Rng rng;
  };
  struct Exchange {
    Request request;
    std::uint64_t serial = 0;  // of the attempt or pause under way; 0: none
    std::size_t arm = 0;
    std::uint32_t endpoint = 0;
    std::uint32_t attempts = 0;
    base::Time attempt_began{};
    base::Duration took{};  // until the answer began
    bool is_sent = false;   // an attempt is under way
    bool is_answered = false;
    balance::Cause cause = balance::Cause::client_gone;  // of the last attempt
    bool is_exempt = false;                              // from the cap on retries
    balance::Tried tried;
    balance::Breaker::Permit permit;
    balance::Breaker::Permit service_permit;
    std::optional<balance::RetryBudget::Ticket> ticket;
    std::optional<balance::RetryBudget::Ticket> next_ticket;
  };
  struct Timeout {
    base::Time at;
    std::uint32_t slot;
    std::uint64_t serial;
  };

  Lane& lane_of(const Exchange& exchange) noexcept;
  std::uint32_t take_slot();
  std::uint64_t key_of(const Exchange& exchange) const noexcept;
  void attempt(std::uint32_t slot, base::Time now);
  void send(std::uint32_t slot, base::Time now);
  void report(std::uint32_t slot, balance::Cause cause, base::Time now);
  void learn(Exchange& exchange, bool failed, base::Time now);
  bool retries(std::uint32_t slot, base::Time now);
  void ask_for_place(std::uint32_t slot, base::Duration pause, base::Time now);
  void pause(std::uint32_t slot, base::Duration duration, base::Time now);
  void end(std::uint32_t slot, bool is_done, base::Time now);

  const World& world_;
  EventQueue& events_;
  Fleet& fleet_;
  Hosts& hosts_;
  Arms& arms_;
  std::vector<Lane> lanes_;
  balance::Breaker service_breaker_;
  balance::RetryBudget budget_;
  std::deque<Exchange> exchanges_;
  std::vector<std::uint32_t> free_;
  std::deque<Timeout> timeouts_;  // ascending: all attempts have the same time
  std::uint64_t last_serial_ = 0;
  Outcome outcome_;
  telemetry::ReportHistogramSnapshot latency_;
};

}  // namespace weir::simulate
