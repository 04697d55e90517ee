#pragma once
// Scaling as the admin API asks for it, and its answer: plain values.

#include <cstdint>
#include <optional>
#include <string>

namespace weir::control {

/// What an operator asked for.
struct ScaleWish {
  std::optional<std::uint32_t> replicas;  ///< absent: `step`
  int step = 0;                           ///< +1 or -1
};

struct ScaleAnswer {
  enum class Kind : std::uint8_t { done, cooling_down, out_of_range, impossible };
  Kind kind = Kind::done;
  std::string service;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  std::string detail;             ///< why not, or what was begun
  std::uint32_t retry_after = 0;  ///< s, of cooling_down
  bool keeps_number = false;      ///< weir starts them: the number is to outlive a restart
};

}  // namespace weir::control
