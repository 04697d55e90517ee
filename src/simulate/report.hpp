#pragma once
// Report: outcomes as tables for people (100 columns at most) and as JSON for programs. The same
// outcomes give the same bytes.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "simulate/outcome.hpp"
#include "simulate/world.hpp"
#include "simulate/worlds.hpp"

namespace weir::simulate {

struct WorldReport {
  World world;
  std::vector<Outcome> outcomes;
};

struct ReportOptions {
  std::uint64_t seed = 1;
  std::size_t lanes = 2;
};

/// One line an algorithm; the best of a column has a *.
std::string to_table(const WorldReport& report, const ReportOptions& options);
/// p95 of every algorithm in every world. Requires: the same algorithms in each.
std::string summary_table(std::span<const WorldReport> reports);
base::json::object to_json(std::span<const WorldReport> reports, const ReportOptions& options);
/// Each world with its line.
std::string list_of_worlds();

}  // namespace weir::simulate
