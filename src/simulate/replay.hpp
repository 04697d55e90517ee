#pragma once
// Replay: makes the picks of a record (balance/pick_record) again with the same policy code, and
// compares. Each lane of each service is a world of its own, so any number of threads gives the
// same result. Pure but for the threads.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "balance/pick_record.hpp"

namespace weir::simulate {

/// A pick that fell differently.
struct Divergence {
  std::uint16_t lane = 0;
  std::uint32_t service = 0;
  std::uint64_t number = 0;  ///< which pick of that lane and service, from 1
  balance::Algorithm algorithm = balance::Algorithm::round_robin;
  std::uint32_t recorded = 0;  ///< endpoint id; 0: nobody
  std::uint32_t replayed = 0;
};

struct ReplayResult {
  static constexpr std::size_t kShown = 20;
  std::uint64_t records = 0;
  std::uint64_t picks = 0;
  std::uint64_t identical = 0;
  std::size_t lanes = 0;
  bool was_cut = false;  ///< the file ends inside a frame: its writer was killed
  std::map<std::uint32_t, std::string> services;
  std::map<balance::Algorithm, std::uint64_t> by_algorithm;  ///< picks
  std::vector<Divergence> divergences;                       ///< the first kShown
};

/// Fails: bad_message, for a file that is broken or whose frames contradict each other (a pick
/// before its set). Requires: threads >= 1. Cost: about as long as the picks took, and memory of
/// the file's size.
base::Result<ReplayResult> replay(std::string_view file, unsigned threads);

}  // namespace weir::simulate
