#include "simulate/report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "simulate/worlds.hpp"

namespace weir::simulate {
namespace report_test {

using balance::Algorithm;
using std::chrono::milliseconds;

WorldReport two_algorithms() {
  WorldReport report{make_world('b', 1'234'567), {}};
  Outcome slow{.algorithm = Algorithm::least_response_time,
               .sent = 1000,
               .done = 990,
               .failed = 10,
               .attempts = 1100,
               .retries = 100,
               .p50 = milliseconds(10),
               .p95 = milliseconds(20),
               .p99 = milliseconds(300),
               .imbalance = 0.5};
  Outcome fast = slow;
  fast.algorithm = Algorithm::adaptive;
  fast.failed = 0;
  fast.p95 = milliseconds(15);
  fast.imbalance = 0.25;
  fast.switches = {{.at = std::chrono::seconds(21),
                    .from = Algorithm::round_robin,
                    .to = Algorithm::random_two,
                    .why = "because"}};
  report.outcomes = {slow, fast};
  return report;
}

TEST(Report, ATableMarksTheBestOfEachColumnThatDiffers) {
  EXPECT_EQ(to_table(two_algorithms(), {.seed = 7, .lanes = 2}), 1 + R"(
World b, slow_one: one of ten endpoints takes 10x as long
1,234,567 requests in about 1235 s, 2 lanes, seed 7; * the best of a column

algorithm             p50 ms   p95 ms   p99 ms     errors  imbalance  retries  amplif.  switches
least_response_time     10.0     20.0      300    1.000 %      0.500      100    1.100         -
adaptive                10.0     15.0*     300    0.000 %*     0.250*     100    1.100         1
adaptive at 21 s: round_robin -> random_two
)");
}

TEST(Report, ASummaryHasTheP95OfEachWorld) {
  const std::vector<WorldReport> reports = {two_algorithms()};
  EXPECT_EQ(summary_table(reports), 1 + R"(
p95 in ms; * the best of a world

world                lrt adaptive
b slow_one          20.0     15.0*

lrt least_response_time
)");
  EXPECT_EQ(summary_table({}), "");
}

TEST(Report, FitsAHundredColumns) {
  WorldReport report = two_algorithms();
  report.outcomes.clear();
  for (std::size_t i = 0; i < balance::kAlgorithmNames.size(); ++i) {
    report.outcomes.push_back({.algorithm = static_cast<Algorithm>(i),
                               .sent = 2'000'000'000,
                               .failed = i * 200'000'000,
                               .attempts = 2'400'000'000,
                               .retries = 400'000,
                               .p50 = std::chrono::seconds(i),
                               .p95 = std::chrono::seconds(10),
                               .p99 = std::chrono::seconds(10)});
  }
  const std::vector<WorldReport> reports = {report};
  std::istringstream lines(to_table(report, {.seed = UINT64_MAX, .lanes = 64}) +
                           summary_table(reports) + list_of_worlds());
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(Report, JsonHasEverything) {
  const std::vector<WorldReport> reports = {two_algorithms()};
  const base::json::object found = to_json(reports, {.seed = 7, .lanes = 3});
  EXPECT_EQ(found.at("seed").to_number<int>(), 7);
  const auto& world = found.at("worlds").as_array().at(0).as_object();
  EXPECT_EQ(world.at("name").as_string(), "slow_one");
  const auto& adaptive = world.at("algorithms").as_array().at(1).as_object();
  EXPECT_EQ(adaptive.at("p95_ms").to_number<double>(), 15);
  const auto& change = adaptive.at("switches").as_array().at(0).as_object();
  EXPECT_EQ(change.at("to").as_string(), "random_two");
  EXPECT_EQ(change.at("why").as_string(), "because");
}

TEST(Report, ListsEveryWorld) {
  const std::string list = list_of_worlds();
  EXPECT_EQ(std::ranges::count(list, '\n'), static_cast<std::ptrdiff_t>(world_names().size()));
}

}  // namespace report_test
}  // namespace weir::simulate
