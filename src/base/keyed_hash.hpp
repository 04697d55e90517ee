#pragma once
// keyed_hash: SipHash-2-4 of one 64-bit word. Who does not know the key can neither find the word
// of a hash nor make a hash of a word: for values that a client is handed and hands back.
// Source: Aumasson, Bernstein, "SipHash: a fast short-input PRF" (2012).

#include <array>
#include <bit>
#include <cstdint>

namespace weir::base {

using HashSecret = std::array<std::uint64_t, 2>;

constexpr std::uint64_t keyed_hash(const HashSecret& key, std::uint64_t word) noexcept {
  std::array<std::uint64_t, 4> v = {key[0] ^ 0x736f6d6570736575ull, key[1] ^ 0x646f72616e646f6dull,
                                    key[0] ^ 0x6c7967656e657261ull, key[1] ^ 0x7465646279746573ull};
  const auto rounds = [&v](int count) {
    for (; count > 0; --count) {
      v[0] += v[1];
      v[2] += v[3];
      v[1] = std::rotl(v[1], 13) ^ v[0];
      v[3] = std::rotl(v[3], 16) ^ v[2];
      v[0] = std::rotl(v[0], 32);
      v[2] += v[1];
      v[0] += v[3];
      v[1] = std::rotl(v[1], 17) ^ v[2];
      v[3] = std::rotl(v[3], 21) ^ v[0];
      v[2] = std::rotl(v[2], 32);
    }
  };
  constexpr std::uint64_t kLast = std::uint64_t{8} << 56;  // the length, behind a whole word
  for (const std::uint64_t block : {word, kLast}) {
    v[3] ^= block;
    rounds(2);
    v[0] ^= block;
  }
  v[2] ^= 0xff;
  rounds(4);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

}  // namespace weir::base
