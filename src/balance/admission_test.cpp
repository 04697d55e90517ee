#include "balance/admission.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace admission_test {

using namespace std::chrono_literals;

base::Time at(base::Duration since_start) { return base::Time{} + 1h + since_start; }

TEST(Admission, Formula) {
  struct Row {
    std::uint64_t sent;
    std::uint64_t good;
    AdmissionConfig config;
    double probability;
  };
  const Row rows[] = {
      {1000, 500, {}, 0.473},
      {1000, 950, {}, 0},
      {1000, 1000, {}, 0},
      {1000, 0, {}, 0.80},
      {0, 0, {}, 0},
      {1000, 500, {.aggression = 2}, 0.688},
      {1000, 0, {.most = 1}, 0.999},
      {1000, 0, {.success_threshold = 0, .aggression = 0}, 0.80},
  };
  for (const Row& row : rows) {
    EXPECT_NEAR(reject_probability(row.sent, row.good, row.config), row.probability, 0.0005)
        << row.sent << ' ' << row.good;
  }
}

TEST(Admission, WindowOfTwoMinutes) {
  AdmissionWindow window;
  window.add(at(0s), 1000, 500);
  EXPECT_NEAR(window.probability(at(0s)), 0.473, 0.0005);
  EXPECT_NEAR(window.probability(at(119s)), 0.473, 0.0005);
  EXPECT_EQ(window.probability(at(120s)), 0);
}

TEST(Admission, NotUnderFiveRequestsASecond) {
  AdmissionWindow window;
  for (int i = 0; i < 120; ++i) window.add(at(1s * i), 4, 0);
  EXPECT_EQ(window.probability(at(119s)), 0);
  for (int i = 120; i < 240; ++i) window.add(at(1s * i), 5, 0);
  EXPECT_DOUBLE_EQ(window.probability(at(239s)), 0.80);
}

TEST(Admission, SumsFollowGapsOfAnyLength) {
  AdmissionWindow window;
  window.add(at(0s), 1200, 0);
  window.add(at(100s), 1200, 1200);
  EXPECT_GT(window.probability(at(119s)), 0.4);
  EXPECT_EQ(window.probability(at(120s)), 0) << "only the good ones are left";
  window.add(at(24h), 100, 200);
  EXPECT_EQ(window.probability(at(24h)), 0) << "more good than sent is taken as all good";
}

}  // namespace admission_test
}  // namespace weir::balance
