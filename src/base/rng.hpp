#pragma once
// Rng: small, fast, seeded random numbers (xoshiro256++ by Blackman and Vigna, 2019; seeded by
// splitmix64). Passed as an argument to every policy so that a run can be replayed from its seed.
// Not for secrets: ids that must not be guessed come from the kernel.

#include <array>
#include <cstdint>

namespace weir::base {

class Rng {
 public:
  explicit Rng(std::uint64_t seed) noexcept {
    for (auto& word : state_) word = splitmix(seed);
  }

  /// Goes on where `state` was taken. Any four words but all zeros; those are replaced.
  static Rng from_state(const std::array<std::uint64_t, 4>& state) noexcept {
    Rng rng(0);
    if ((state[0] | state[1] | state[2] | state[3]) == 0) return rng;
    for (int i = 0; i < 4; ++i) rng.state_[i] = state[static_cast<std::size_t>(i)];
    return rng;
  }
  std::array<std::uint64_t, 4> state() const noexcept {
    return {state_[0], state_[1], state_[2], state_[3]};
  }

  std::uint64_t next() noexcept {
    const std::uint64_t result = rotate(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// Uniform in [0, bound). Requires: bound > 0. Source: Lemire, "Fast Random Integer Generation
  /// in an Interval" (2019); the bias below 2^-32 of the plain multiply is rejected.
  std::uint32_t below(std::uint32_t bound) noexcept {
    std::uint64_t product = (next() >> 32) * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
      const std::uint32_t threshold = (0u - bound) % bound;
      while (static_cast<std::uint32_t>(product) < threshold) product = (next() >> 32) * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

  /// Uniform in [0, 1) with 53 bits.
  double unit() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  static std::uint64_t splitmix(std::uint64_t& x) noexcept {
    x += 0x9e3779b97f4a7c15ull;
    std::uint64_t z = x;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }
  static std::uint64_t rotate(std::uint64_t x, int by) noexcept {
    return (x << by) | (x >> (64 - by));
  }

  std::uint64_t state_[4];
};

}  // namespace weir::base
