#pragma once
// The command line of load_generator.

#include <cstdint>
#include <string>

#include "generator/load.hpp"

namespace generator {

struct Options {
  Target target;
  unsigned connections = 64;
  double rate = 0;
  double seconds = 0;
  std::uint64_t requests = 0;
  bool connection_each = false;
  bool json = false;
  bool interactive = false;
  unsigned idle = 0;
  double hold_seconds = 10;
};

/// Ends the program with the usage when the words are not understood.
Options parse_options(int count, char** words);

}  // namespace generator
