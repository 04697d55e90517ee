#pragma once
// RateHistory: requests a second of every service and endpoint over the last minute, for the
// sparklines of `weir top`. Bounded: kSlotsMax values for each that is there now. Pure.

#include <cstddef>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "term/traffic.hpp"

namespace weir::term {

class RateHistory {
 public:
  static constexpr std::size_t kSlotsMax = 240;

  /// A value comes every `interval`.
  explicit RateHistory(base::Duration interval);

  void add(const Traffic& traffic);
  /// Oldest first; `endpoint` empty: of the service.
  std::vector<double> of(const std::string& service, const std::string& endpoint) const;
  /// How many values a full minute has.
  std::size_t slots() const noexcept { return slots_; }

 private:
  void add(const std::string& key, double rate);

  std::size_t slots_;
  std::size_t round_ = 0;
  struct Rates {
    std::deque<double> values;
    std::size_t round = 0;  // of its last value
  };
  std::map<std::string, Rates> rates_;
};

}  // namespace weir::term
