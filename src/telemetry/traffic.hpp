#pragma once
// Traffic: what one subject (a service, an endpoint) carried, counted lane by lane.
//
// Each lane writes its own TrafficCounters and nobody else's, so counting costs no lock and no
// shared cache line. The reader sums the lanes (total()). A subject's Traffic lives as long as any
// lane may still finish an exchange for it; upstream/ and app/ see to that.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/assert.hpp"
#include "base/clock.hpp"
#include "telemetry/counter.hpp"
#include "telemetry/histogram.hpp"
#include "telemetry/reason.hpp"

namespace weir::telemetry {

/// Classes of a status: 0 other (no status was sent), 1 to 5 for 1xx to 5xx.
inline constexpr std::size_t kStatusClasses = 6;

constexpr std::size_t status_class(unsigned status) noexcept {
  const unsigned hundreds = status / 100;
  return hundreds < kStatusClasses ? hundreds : 0;
}

/// How an exchange, or an attempt on an endpoint, ended.
struct Finished {
  unsigned status = 0;  ///< 0 when the client got none
  Reason reason = Reason::ok;
  base::Duration duration{};
  std::uint64_t bytes_in = 0;   ///< from the client's side towards the upstream
  std::uint64_t bytes_out = 0;  ///< towards the client
};

/// One lane's numbers. Written by that lane only; the first cache line is what every exchange
/// touches.
struct alignas(64) TrafficCounters {
  Gauge in_flight;
  Counter requests;  ///< finished
  Counter errors;    ///< of them, failures: 5xx, or a reason that is_failure()
  Counter bytes_in;
  Counter bytes_out;
  Histogram latency;
  Counter connects;    ///< new connections to an endpoint
  Counter reconnects;  ///< of them, because a pooled one turned out to be closed
  std::array<Counter, kStatusClasses> by_class;
  std::array<Counter, kReasonCount> by_reason;

  void begin() noexcept { in_flight.add(); }

  /// Ends what begin() began. Cost: about 75 instructions.
  void finish(const Finished& exchange) noexcept {
    in_flight.subtract();
    requests.add();
    bytes_in.add(exchange.bytes_in);
    bytes_out.add(exchange.bytes_out);
    by_class[status_class(exchange.status)].add();
    by_reason[static_cast<std::size_t>(exchange.reason)].add();
    latency.record(exchange.duration);
    if (exchange.status >= 500 || (exchange.reason != Reason::ok && is_failure(exchange.reason)))
        [[unlikely]] {
      errors.add();
    }
  }
};

/// The sum of some lanes at about one instant.
struct TrafficSnapshot {
  std::int64_t in_flight = 0;
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t connects = 0;
  std::uint64_t reconnects = 0;
  std::array<std::uint64_t, kStatusClasses> by_class{};
  std::array<std::uint64_t, kReasonCount> by_reason{};
  HistogramSnapshot latency;

  void add(const TrafficCounters& lane);
  void add(const TrafficSnapshot& other);
  /// Leaves what happened since `earlier`; in_flight stays as it is now. Requires: !is_behind.
  void subtract(const TrafficSnapshot& earlier);
  /// Whether some counter is lower than in `earlier`: the counters were made anew in between.
  bool is_behind(const TrafficSnapshot& earlier) const noexcept;
};

/// One accepting address, one lane.
struct alignas(64) ListenerCounters {
  Gauge open;  ///< connections
  Counter accepted;
  Counter refused;    ///< closed at once: a connection limit was reached
  Counter malformed;  ///< requests answered 4xx by the parser
  Counter bytes_in;
  Counter bytes_out;
};

struct ListenerSnapshot {
  std::int64_t open = 0;
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t malformed = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;

  void add(const ListenerCounters& lane);
};

/// A fixed row of one Counters per lane, and their sum.
template <class Counters, class Snapshot>
class PerLane {
 public:
  /// Requires: lanes > 0.
  explicit PerLane(std::size_t lanes) : lanes_(lanes), counters_(new Counters[lanes]) {
    WEIR_ASSERT(lanes > 0);
  }

  std::size_t lanes() const noexcept { return lanes_; }

  /// The owner's own row. Requires: i < lanes(). Lifetime: this object's.
  Counters& lane(std::size_t i) noexcept {
    WEIR_ASSERT(i < lanes_);
    return counters_[i];
  }

  /// From any thread.
  Snapshot total() const {
    Snapshot sum;
    for (std::size_t i = 0; i < lanes_; ++i) sum.add(counters_[i]);
    return sum;
  }

 private:
  std::size_t lanes_;
  std::unique_ptr<Counters[]> counters_;
};

using Traffic = PerLane<TrafficCounters, TrafficSnapshot>;
using ListenerTraffic = PerLane<ListenerCounters, ListenerSnapshot>;

}  // namespace weir::telemetry
