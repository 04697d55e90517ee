#include "control/discovery_plan.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace weir::control {
namespace discovery_plan_test {

using Keys = std::vector<std::string>;

// "a b c:9" : keys, with a weight where one is given; the address is the key.
std::vector<PlanMember> set(const std::string& text) {
  std::vector<PlanMember> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    std::string word = text.substr(at, end - at);
    std::uint32_t weight = 1;
    if (const auto colon = word.find(':'); colon != std::string::npos) {
      weight = static_cast<std::uint32_t>(word[colon + 1] - '0');
      word.resize(colon);
    }
    out.push_back({word, word, weight});
    at = end + 1;
  }
  return out;
}

std::string text(const MemberPlan& plan) {
  std::string out;
  for (const auto& key : plan.leaves) out += "-" + key + " ";
  for (const auto& member : plan.joins) {
    out += "+" + member.key + (member.weight == 1 ? " " : fmt::format(":{} ", member.weight));
  }
  return out + (plan.is_held ? "held" : "");
}

TEST(DiscoveryPlan, OneCycle) {
  struct Row {
    const char* what;
    const char* old;
    const char* found;
    const char* plan;
  };
  for (const Row& row : {
           Row{"the first", "", "a b", "+a +b "},
           {"nothing new", "a b", "b a", ""},
           {"one joins", "a b", "a b c", "+c "},
           {"one of two leaves", "a b", "a", "-b "},
           {"one is another now", "a b c d", "a b c e", "-d +e "},
           {"a weight changed", "a b", "a b:3", "-b +b:3 "},
           {"twice in the answer", "a", "a a:9 b b", "+b "},
           {"two of three", "a b c", "a", "held"},
           {"all, by an empty answer", "a b c", "", "held"},
           {"the only one", "a", "b", "+b held"},
           {"those that are new join meanwhile", "a b c", "c d e", "+d +e held"},
           {"a changed one stays as it was while held", "a b", "a:2 b:2", "held"},
           {"nothing at all", "", "", ""},
       }) {
    ChurnMemory memory;
    EXPECT_EQ(text(plan_members(memory, set(row.old), set(row.found))), row.plan) << row.what;
  }
}

TEST(DiscoveryPlan, ASecondEqualCycleIsBelieved) {
  ChurnMemory memory;
  const MemberPlan first = plan_members(memory, set("a b c"), set("c d"));
  EXPECT_EQ(text(first), "+d held");
  EXPECT_EQ(first.reason, "2 of 3 would leave at once; it must be found so twice");
  EXPECT_EQ(text(plan_members(memory, set("a b c d"), set("c d"))), "-a -b ");
  EXPECT_EQ(text(plan_members(memory, set("c d"), set(""))), "held") << "it starts anew";
}

TEST(DiscoveryPlan, ADifferentCycleIsNot) {
  ChurnMemory memory;
  EXPECT_EQ(text(plan_members(memory, set("a b c"), set(""))), "held");
  EXPECT_EQ(text(plan_members(memory, set("a b c"), set("c"))), "held") << "others would leave";
  EXPECT_EQ(text(plan_members(memory, set("a b c"), set("a b c"))), "");
  EXPECT_EQ(text(plan_members(memory, set("a b c"), set("c"))), "held") << "not in a row";
  EXPECT_EQ(text(plan_members(memory, set("a b c"), set("c"))), "-a -b ");
}

TEST(DiscoveryPlan, HasABound) {
  std::string many;
  for (std::size_t i = 0; i < kDiscoveredMax + 3; ++i) many += fmt::format("m{:04} ", i);
  ChurnMemory memory;
  const MemberPlan plan = plan_members(memory, {}, set(many));
  EXPECT_EQ(plan.joins.size(), kDiscoveredMax);
  EXPECT_EQ(plan.reason, "3 are left out: at most 4096 are used");
  EXPECT_FALSE(plan.is_held);
}

}  // namespace discovery_plan_test
}  // namespace weir::control
