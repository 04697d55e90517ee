#pragma once
// Worlds: the catalogue. a to l are the acceptance worlds of adaptive (balancing.md, section 4); m
// and n are two more that a gateway meets.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "simulate/world.hpp"

namespace weir::simulate {

struct WorldName {
  char letter;
  std::string_view name;
  std::string_view line;
};

/// In order of their letters.
std::span<const WorldName> world_names() noexcept;

/// By letter or name; nothing for other words.
std::optional<char> world_letter(std::string_view word) noexcept;

/// `requests` 0: as many as it takes to show (5 minutes of most worlds). Another number makes the
/// run longer or shorter, and the script with it. Requires: a letter of world_names().
World make_world(char letter, std::uint64_t requests = 0);

}  // namespace weir::simulate
