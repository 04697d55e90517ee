#pragma once
// Words: worlds and algorithms as people name them on the command line, with what to say about a
// word that means nothing.

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "balance/algorithm.hpp"

namespace weir::simulate {

template <class Value>
using Understood = std::expected<Value, std::string>;  ///< or a sentence about the mistake

/// "b", "slow_one", "a,b,kill_return", "all". In the order given, each once.
Understood<std::vector<char>> parse_worlds(std::string_view text);

/// "round_robin,adaptive", "all". In the order given, each once.
Understood<std::vector<balance::Algorithm>> parse_algorithms(std::string_view text);

/// As parse_algorithms: two or more, and adaptive is none.
Understood<std::vector<balance::Algorithm>> parse_arms(std::string_view text);

}  // namespace weir::simulate
