#include "balance/breaker_word.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace breaker_word_test {

TEST(BreakerWord, PacksAndUnpacksEachFieldAtItsLimits) {
  const BreakerWord words[] = {
      {},
      {.state = BreakerState::forced_closed},
      {.failures = BreakerWord::kFailuresMax},
      {.doublings = BreakerWord::kDoublingsMax},
      {.passed = BreakerWord::kProbesMax},
      {.out = 0xffff},
      {.generation = BreakerWord::kGenerationMask},
      {.state = BreakerState::half_open,
       .failures = 5,
       .doublings = 2,
       .passed = 1,
       .out = 6,
       .generation = 77},
  };
  for (const BreakerWord& word : words) {
    EXPECT_EQ(BreakerWord::unpack(word.pack()), word);
    EXPECT_EQ(BreakerWord::generation_of(word.pack()), word.generation);
  }
}

TEST(BreakerWord, ClosedWithoutFailureIsZeroUnderTheMask) {
  const auto masked = [](BreakerWord word) {
    return word.pack() & BreakerWord::kStateAndFailuresMask;
  };
  EXPECT_EQ(masked({.doublings = 3, .generation = 9}), 0u);
  EXPECT_NE(masked({.failures = 1}), 0u);
  EXPECT_NE(masked({.state = BreakerState::open}), 0u);
}

TEST(BreakerWord, MovingMakesAGenerationAndForgetsProbes) {
  const BreakerWord half{.state = BreakerState::half_open,
                         .failures = 5,
                         .doublings = 1,
                         .passed = 2,
                         .out = 1,
                         .generation = BreakerWord::kGenerationMask};
  EXPECT_EQ(half.moved_to(BreakerState::open),
            (BreakerWord{.state = BreakerState::open, .failures = 5, .doublings = 1}));
  EXPECT_EQ(half.moved_to(BreakerState::closed), (BreakerWord{.doublings = 1}));
}

}  // namespace breaker_word_test
}  // namespace weir::balance
