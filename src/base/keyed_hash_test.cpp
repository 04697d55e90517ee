#include "base/keyed_hash.hpp"

#include <gtest/gtest.h>

namespace weir::base {
namespace keyed_hash_test {

TEST(KeyedHash, IsWhatTheAuthorsVectorsSay) {
  // Key 00 01 … 0f, message 00 01 … 07.
  constexpr HashSecret kKey = {0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull};
  static_assert(keyed_hash(kKey, 0x0706050403020100ull) == 0x93f5f5799a932462ull);
  EXPECT_NE(keyed_hash(kKey, 1), keyed_hash(kKey, 2));
  EXPECT_NE(keyed_hash(kKey, 1), keyed_hash({kKey[0] + 1, kKey[1]}, 1));
}

}  // namespace keyed_hash_test
}  // namespace weir::base
