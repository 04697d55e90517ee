#pragma once
// hash64: a fast 64-bit hash of bytes with a fixed, platform-independent result, for tables and
// balancing keys (FNV-1a folded by the splitmix64 finisher). Not for secrets or untrusted digests.

#include <cstdint>
#include <string_view>

namespace weir::base {

constexpr std::uint64_t mix64(std::uint64_t z) noexcept {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

constexpr std::uint64_t hash64(std::string_view bytes, std::uint64_t seed = 0) noexcept {
  std::uint64_t h = 0xcbf29ce484222325ull ^ mix64(seed);
  for (const char c : bytes) {
    h ^= static_cast<unsigned char>(c);
    h *= 0x100000001b3ull;
  }
  return mix64(h);
}

}  // namespace weir::base
