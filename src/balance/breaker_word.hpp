#pragma once
// BreakerWord: the part of a breaker that must change in one step, packed into 64 bits.
//
//   bit 63        40 39      24 23   19 18   15 14       3 2   0
//      | generation | probes out | passed | doublings | failures | state |
//
// 1. state `closed` is 0 and failures lie beside it, so "closed without a failure", the usual case,
//    is one mask and compare.
// 2. Every change of state makes a new generation; a permit of an older one has no say any more.
//    24 bits: a permit would have to live through 16 million changes to be mistaken.
// 3. `out` is a set of probe slots, not a count, so that each probe has its own issue time.

#include <cstdint>

namespace weir::balance {

enum class BreakerState : std::uint8_t { closed, open, half_open, forced_open, forced_closed };

struct BreakerWord {
  static constexpr std::uint32_t kFailuresMax = (1u << 12) - 1;
  static constexpr std::uint32_t kDoublingsMax = (1u << 4) - 1;
  static constexpr std::uint32_t kProbesMax = 16;
  static constexpr std::uint32_t kGenerationMask = (1u << 24) - 1;
  static constexpr std::uint64_t kStateMask = 7;
  static constexpr std::uint64_t kStateAndFailuresMask = (1u << 15) - 1;

  BreakerState state = BreakerState::closed;
  std::uint32_t failures = 0;    ///< consecutive; while not closed: those that opened it
  std::uint32_t doublings = 0;   ///< open time = base << doublings
  std::uint32_t passed = 0;      ///< probes of this half-open phase that succeeded
  std::uint32_t out = 0;         ///< set of slots whose probe is under way
  std::uint32_t generation = 0;  ///< modulo 2^24

  static constexpr std::uint32_t generation_of(std::uint64_t bits) noexcept {
    return static_cast<std::uint32_t>(bits >> 40);
  }
  static constexpr BreakerState state_of(std::uint64_t bits) noexcept {
    return static_cast<BreakerState>(bits & kStateMask);
  }

  static constexpr BreakerWord unpack(std::uint64_t bits) noexcept {
    const auto field = [bits](int shift, std::uint32_t mask) {
      return static_cast<std::uint32_t>(bits >> shift) & mask;
    };
    return {.state = state_of(bits),
            .failures = field(3, kFailuresMax),
            .doublings = field(15, kDoublingsMax),
            .passed = field(19, 31),
            .out = field(24, 0xffff),
            .generation = generation_of(bits)};
  }
  constexpr std::uint64_t pack() const noexcept {
    return static_cast<std::uint64_t>(state) | static_cast<std::uint64_t>(failures) << 3 |
           static_cast<std::uint64_t>(doublings) << 15 | static_cast<std::uint64_t>(passed) << 19 |
           static_cast<std::uint64_t>(out) << 24 | static_cast<std::uint64_t>(generation) << 40;
  }

  /// The same word in another state: a new generation without probes.
  constexpr BreakerWord moved_to(BreakerState next) const noexcept {
    BreakerWord word = *this;
    word.state = next;
    word.passed = 0;
    word.out = 0;
    word.generation = (generation + 1) & kGenerationMask;
    if (next == BreakerState::closed || next == BreakerState::forced_closed) word.failures = 0;
    return word;
  }

  friend constexpr bool operator==(const BreakerWord&, const BreakerWord&) = default;
};

}  // namespace weir::balance
