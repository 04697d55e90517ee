#pragma once
// Algorithm: the names of the load-balancing algorithms, as in weir.yaml, `weir algorithm` and
// POST /algorithm/{algo}.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir::balance {

enum class Algorithm : std::uint8_t {
  round_robin,
  weighted,
  least_connections,
  least_response_time,
  ip_hash,
  consistent_hash,
  random_two,
  response_time,
  adaptive,
};

/// In the order of the enum.
inline constexpr std::array<std::string_view, 9> kAlgorithmNames = {
    "round_robin",         "weighted",      "least_connections",
    "least_response_time", "ip_hash",       "consistent_hash",
    "random_two",          "response_time", "adaptive"};

constexpr std::string_view name(Algorithm algorithm) noexcept {
  return kAlgorithmNames[static_cast<std::size_t>(algorithm)];
}

/// Exactly one of the names; case counts.
constexpr std::optional<Algorithm> parse_algorithm(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kAlgorithmNames.size(); ++i) {
    if (kAlgorithmNames[i] == text) return static_cast<Algorithm>(i);
  }
  return std::nullopt;
}

/// Whether it maps a key to an endpoint: such a service needs a `hash_key` (ip_hash has its own).
constexpr bool uses_key(Algorithm algorithm) noexcept {
  return algorithm == Algorithm::ip_hash || algorithm == Algorithm::consistent_hash;
}

}  // namespace weir::balance
