#include "simulate/worlds.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

namespace weir::simulate {
namespace worlds_test {

TEST(Worlds, HaveLettersInOrderAndNamesOfTheirOwn) {
  char letter = 'a';
  std::set<std::string_view> names;
  for (const WorldName& each : world_names()) {
    EXPECT_EQ(each.letter, letter++);
    EXPECT_TRUE(names.insert(each.name).second) << each.name;
    EXPECT_EQ(world_letter(each.name), each.letter);
    EXPECT_EQ(world_letter(std::string(1, each.letter)), each.letter);
    EXPECT_LE(each.line.size(), 80u);
  }
  EXPECT_EQ(letter, 'n' + 1);
  EXPECT_FALSE(world_letter("").has_value());
}

TEST(Worlds, ScriptsAscendAndStayInsideTheRun) {
  for (const WorldName& each : world_names()) {
    for (const std::uint64_t requests : {0u, 5000u}) {
      const World world = make_world(each.letter, requests);
      EXPECT_GT(world.requests, 0u);
      EXPECT_TRUE(std::ranges::is_sorted(world.script, {}, &ScriptStep::at)) << each.letter;
      const double seconds = static_cast<double>(world.requests) / world.per_second;
      for (const ScriptStep& step : world.script) {
        EXPECT_LE(base::to_ms(step.at) / 1e3, seconds + 5) << each.letter;
      }
    }
  }
}

TEST(Worlds, LeaveRoomForWhatArrives) {
  for (const WorldName& each : world_names()) {
    const World world = make_world(each.letter);
    double per_second = 0;
    for (const EndpointPlan& plan : world.endpoints)
      per_second += plan.servers / plan.mean_ms * 1e3;
    EXPECT_LT(world.per_second, 0.7 * per_second) << each.letter;
  }
}

}  // namespace worlds_test
}  // namespace weir::simulate
