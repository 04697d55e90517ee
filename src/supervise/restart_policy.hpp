#pragma once
// Restart policy: when a died child is started again. Pure.
//
// The pause doubles from 200 ms to 10 s with each death that follows a short life; a child that
// lived for a minute starts over. Five deaths within a minute are called failing: the child is
// still restarted, at the longest pause, and shown as failing.

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/clock.hpp"

namespace weir::supervise {

class RestartPolicy {
 public:
  static constexpr base::Duration kFirst = std::chrono::milliseconds(200);
  static constexpr base::Duration kLongest = std::chrono::seconds(10);
  static constexpr base::Duration kWindow = std::chrono::seconds(60);
  static constexpr std::size_t kFailingDeaths = 5;

  struct Decision {
    base::Duration pause{};
    bool failing = false;
  };

  /// A child that started at `started` died at `now`.
  Decision died(base::Time started, base::Time now) noexcept {
    deaths_[next_++ % kFailingDeaths] = now;
    count_ = std::min(count_ + 1, kFailingDeaths);
    pause_ = now - started >= kWindow || pause_ == base::Duration::zero()
                 ? kFirst
                 : std::min(pause_ * 2, kLongest);
    const base::Time oldest = deaths_[next_ % kFailingDeaths];
    const bool failing = count_ == kFailingDeaths && now - oldest <= kWindow;
    return {failing ? kLongest : pause_, failing};
  }

 private:
  std::array<base::Time, kFailingDeaths> deaths_{};
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  base::Duration pause_{};
};

}  // namespace weir::supervise
