#pragma once
// EventQueue: what will happen, in order of time; of two events at one time the one that was added
// first. That makes a run a function of its seed alone.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/clock.hpp"

namespace weir::simulate {

enum class EventKind : std::uint8_t {
  arrival,      ///< the next request
  served,       ///< endpoint `a` (life `b`) has an answer for attempt `serial` in exchange `slot`
  stream_over,  ///< likewise: a stream ends
  refused,      ///< attempt `serial` ends: no connection
  failed_fast,  ///< attempt `serial` ends: 503
  retry,        ///< exchange `slot` picks again, or asks for a place among the retries
  check_over,   ///< a health check of endpoint `a`
  look,         ///< the control lane looks at everything
  second,       ///< one more second has passed
  script,       ///< the next step of the script
};

struct Event {
  EventKind kind = EventKind::arrival;
  std::uint32_t a = 0;
  std::uint32_t b = 0;
  std::uint32_t slot = 0;
  std::uint64_t serial = 0;
};

class EventQueue {
 public:
  void add(base::Time at, const Event& event) {
    heap_.push_back({at, order_++, event});
    std::push_heap(heap_.begin(), heap_.end(), Later());
  }
  bool empty() const noexcept { return heap_.empty(); }
  /// Requires: !empty().
  base::Time next_time() const noexcept { return heap_.front().at; }
  Event take() {
    std::pop_heap(heap_.begin(), heap_.end(), Later());
    const Event out = heap_.back().event;
    heap_.pop_back();
    return out;
  }

 private:
  struct Entry {
    base::Time at;
    std::uint64_t order;
    Event event;
  };
  struct Later {
    bool operator()(const Entry& left, const Entry& right) const noexcept {
      return left.at != right.at ? left.at > right.at : left.order > right.order;
    }
  };

  std::vector<Entry> heap_;
  std::uint64_t order_ = 0;
};

}  // namespace weir::simulate
