#include "balance/algorithm.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace algorithm_test {

TEST(Algorithm, EveryNameParsesToItself) {
  for (std::size_t i = 0; i < kAlgorithmNames.size(); ++i) {
    const auto algorithm = static_cast<Algorithm>(i);
    EXPECT_EQ(parse_algorithm(name(algorithm)), algorithm);
  }
  EXPECT_EQ(name(Algorithm::adaptive), "adaptive");
  EXPECT_EQ(name(Algorithm::least_response_time), "least_response_time");
}

TEST(Algorithm, OtherWordsDoNotParse) {
  for (const char* text : {"", "round-robin", "Round_robin", "random_two ", "least"}) {
    EXPECT_FALSE(parse_algorithm(text).has_value()) << text;
  }
}

TEST(Algorithm, HashesUseTheKey) {
  EXPECT_TRUE(uses_key(Algorithm::ip_hash));
  EXPECT_TRUE(uses_key(Algorithm::consistent_hash));
  EXPECT_FALSE(uses_key(Algorithm::random_two));
}

}  // namespace algorithm_test
}  // namespace weir::balance
