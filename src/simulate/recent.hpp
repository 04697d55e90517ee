#pragma once
// Recent: the last attempts of an endpoint or a service, for what the control lane computes from a
// window: percentiles, failures. The newest `capacity` are kept; a window that held more is judged
// by those.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/clock.hpp"

namespace weir::simulate {

enum class Ending : std::uint8_t { answered, error, broken };

struct RecentWindow {
  std::uint64_t attempts = 0;
  std::uint64_t errors = 0;  ///< 5xx
  std::uint64_t broken = 0;  ///< connect, reset, timeout
  base::Duration p50{};      ///< of those answered; 0: none
  base::Duration p95{};

  std::uint64_t failures() const noexcept { return errors + broken; }
  std::uint64_t answered() const noexcept { return attempts - failures(); }
};

class Recent {
 public:
  explicit Recent(std::size_t capacity) : capacity_(capacity) {}

  /// Cost: O(1), allocates while it grows.
  void add(base::Time at, base::Duration took, Ending ending);
  /// Those after `since`. Cost: O(capacity), allocates.
  RecentWindow after(base::Time since) const;

 private:
  struct Attempt {
    base::Time at;
    base::Duration took;
    Ending ending;
  };

  std::size_t capacity_;
  std::size_t next_ = 0;
  std::vector<Attempt> attempts_;
};

}  // namespace weir::simulate
