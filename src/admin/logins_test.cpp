#include "admin/logins.hpp"

#include <gtest/gtest.h>

#include "store/credentials.hpp"

namespace weir::admin::logins_test {

using std::chrono::hours;
using std::chrono::minutes;

constexpr base::Time kStart{hours(100)};

std::string digest(int number) { return store::secret_digest(std::to_string(number)); }

TEST(Logins, AreFoundUntilTheyEnd) {
  Logins logins;
  logins.begin(digest(1), "ann", kStart);
  logins.begin(digest(2), "ben", kStart);
  EXPECT_EQ(logins.find(digest(1), kStart), "ann");
  EXPECT_EQ(logins.find(digest(3), kStart), std::nullopt);
  EXPECT_EQ(logins.find("", kStart), std::nullopt);
  EXPECT_EQ(logins.find(digest(1).substr(0, 40), kStart), std::nullopt) << "half of it is nothing";
  logins.end(digest(3));
  logins.end(digest(1));
  EXPECT_EQ(logins.find(digest(1), kStart), std::nullopt);
  EXPECT_EQ(logins.find(digest(2), kStart), "ben");
}

TEST(Logins, EndWhenIdleAndInAnyCaseAfterADay) {
  Logins logins;
  logins.begin(digest(1), "ann", kStart);
  EXPECT_EQ(logins.find(digest(1), kStart + Logins::kIdle - minutes(1)), "ann");
  EXPECT_EQ(logins.find(digest(1), kStart + 2 * Logins::kIdle - minutes(2)), "ann");
  EXPECT_EQ(logins.find(digest(1), kStart + 3 * Logins::kIdle - minutes(3)), "ann");
  EXPECT_EQ(logins.find(digest(1), kStart + Logins::kWhole), std::nullopt) << "used all day";
  logins.begin(digest(2), "ann", kStart);
  EXPECT_EQ(logins.find(digest(2), kStart + Logins::kIdle), std::nullopt) << "not used";
  logins.begin(digest(3), "ann", kStart);
  EXPECT_EQ(logins.find(digest(3), kStart + hours(7), false), "ann");
  EXPECT_EQ(logins.find(digest(3), kStart + hours(9)), std::nullopt) << "only looked at";
  logins.begin(digest(3), "ann", kStart);
  logins.begin(digest(4), "ann", kStart + hours(30));
  EXPECT_EQ(logins.size(), 1u) << "what is over leaves with the next log-in";
}

TEST(Logins, OfAUserEndTogether) {
  Logins logins;
  logins.begin(digest(1), "ann", kStart);
  logins.begin(digest(2), "ann", kStart);
  logins.begin(digest(3), "ben", kStart);
  logins.end_all("ann", digest(2));
  EXPECT_EQ(logins.find(digest(1), kStart), std::nullopt);
  EXPECT_EQ(logins.find(digest(2), kStart), "ann");
  logins.end_all("ann");
  EXPECT_EQ(logins.size(), 1u);
}

TEST(Logins, HaveBoundsAndTheStalestGoesFirst) {
  Logins logins;
  for (int i = 0; i < 20; ++i) logins.begin(digest(i), "ann", kStart + minutes(i));
  EXPECT_EQ(logins.find(digest(0), kStart + hours(1)), "ann");
  logins.begin(digest(20), "ann", kStart + hours(1));
  EXPECT_EQ(logins.size(), Logins::kPerUserMax);
  EXPECT_EQ(logins.find(digest(1), kStart + hours(1)), std::nullopt);
  EXPECT_EQ(logins.find(digest(0), kStart + hours(1)), "ann");
  for (int i = 100; i < 2'100; ++i) {
    logins.begin(digest(i), "user" + std::to_string(i), kStart + hours(2));
  }
  EXPECT_EQ(logins.size(), Logins::kMax);
}

}  // namespace weir::admin::logins_test
