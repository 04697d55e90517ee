#include "store/backlog.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/rng.hpp"
#include "store/retention.hpp"

namespace weir::store::backlog_test {

Write write_of(Kind kind, std::string text = {}) {
  Write write{kind, {}};
  write.statements.push_back({"", {}, {}});
  write.statements[0].parameters.emplace_back(std::move(text));
  return write;
}

std::string letters(const std::vector<Backlog::Entry>& entries) {
  std::string out;
  for (const auto& entry : entries) out += "slr"[static_cast<int>(entry.write.kind)];
  return out;
}

// One letter a write: s sample, l log row, r record.
struct Row {
  std::string_view pushed;
  std::string_view displaced;
  std::string_view left;
  std::size_t refused;
};

TEST(Backlog, SamplesGoFirstThenLogRowsAndRecordsNever) {
  const Row rows[] = {
      {"", "", "", 0},           {"slr", "", "slr", 0},
      {"ssss", "s", "sss", 0},   {"llll", "l", "lll", 0},
      {"rrrr", "", "rrr", 1},    {"slrr", "s", "lrr", 0},
      {"lsrr", "s", "lrr", 0},   {"lrrr", "l", "rrr", 0},
      {"lrrs", "", "lrr", 1},  // a sample never displaces a log row
      {"rrrs", "", "rrr", 1},    {"rrrl", "", "rrr", 1},
      {"rslrl", "sl", "rrl", 0}, {"sllrrr", "sll", "rrr", 0},
  };
  for (const Row& row : rows) {
    Backlog backlog({.rows_max = 3});
    std::vector<Backlog::Entry> displaced;
    std::size_t refused = 0;
    for (const char letter : row.pushed) {
      const Kind kind = letter == 's' ? Kind::sample : letter == 'l' ? Kind::log : Kind::record;
      const auto pushed = backlog.push(write_of(kind), {}, displaced);
      if (!pushed) {
        ++refused;
        EXPECT_EQ(pushed.error().code(), base::Errc::overloaded);
      }
    }
    EXPECT_EQ(letters(displaced), row.displaced) << row.pushed;
    EXPECT_EQ(refused, row.refused) << row.pushed;
    EXPECT_EQ(letters(backlog.take_all()), row.left) << row.pushed;
    const auto& dropped = backlog.dropped();
    EXPECT_EQ(dropped[0] + dropped[1] + dropped[2], displaced.size() + refused) << row.pushed;
    EXPECT_EQ(backlog.rows(), 0u);
    EXPECT_EQ(backlog.bytes(), 0u);
  }
}

TEST(Backlog, CountsBytesAndWhatIsBeingWritten) {
  const std::size_t each = size_of(write_of(Kind::log, std::string(1000, 'x')));
  Backlog backlog({.rows_max = 100, .bytes_max = each * 2, .write_bytes_max = each});
  std::vector<Backlog::Entry> displaced;
  const auto push = [&](std::size_t length) {
    return backlog.push(write_of(Kind::log, std::string(length, 'x')), {}, displaced);
  };
  EXPECT_EQ(push(1001).error().code(), base::Errc::too_large);
  EXPECT_TRUE(push(1000));
  EXPECT_TRUE(push(1000));
  EXPECT_TRUE(push(1000));
  EXPECT_EQ(displaced.size(), 1u);
  const auto taken = backlog.take(100, each * 5);
  EXPECT_EQ(taken.size(), 2u);
  EXPECT_EQ(push(1).error().code(), base::Errc::overloaded) << "what is being written counts";
  EXPECT_EQ(backlog.first_waiting(), backlog.next());
  backlog.settle(1, each);
  EXPECT_TRUE(push(1000));
  EXPECT_EQ(backlog.rows(), 2u);
}

TEST(Backlog, TakesInOrderWithinItsLimitsAndAtLeastOne) {
  Backlog backlog;
  std::vector<Backlog::Entry> displaced;
  for (const Kind kind : {Kind::record, Kind::sample, Kind::log, Kind::sample, Kind::record}) {
    ASSERT_TRUE(backlog.push(write_of(kind), {}, displaced));
  }
  EXPECT_EQ(letters(backlog.take(2, 1'000'000)), "rs");
  EXPECT_EQ(letters(backlog.take(100, 1)), "l");
  EXPECT_EQ(backlog.first_waiting(), 4u);
  EXPECT_EQ(letters(backlog.take(100, 1'000'000)), "sr");
  EXPECT_TRUE(backlog.take(100, 1).empty());
}

TEST(Backlog, StaysWithinItsBoundWhateverComes) {
  const std::uint64_t seed = 20'251'120;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  base::Rng rng(seed);
  const BacklogLimits limits{.rows_max = 20, .bytes_max = 4'000, .write_bytes_max = 1'000};
  Backlog backlog(limits);
  std::vector<Backlog::Entry> taken;
  std::uint64_t accepted = 0, gone = 0, last = 0;
  for (int step = 0; step < 20'000; ++step) {
    std::vector<Backlog::Entry> displaced;
    if (rng.below(3) > 0) {
      const auto kind = static_cast<Kind>(rng.below(3));
      accepted +=
          backlog.push(write_of(kind, std::string(rng.below(900), 'x')), {}, displaced) ? 1 : 0;
      for (const auto& entry : displaced) EXPECT_NE(entry.write.kind, Kind::record);
      gone += displaced.size();
    } else if (taken.empty()) {
      taken = backlog.take(1 + rng.below(5), 1 + rng.below(3'000));
      for (const auto& entry : taken) {
        EXPECT_GT(entry.sequence, last);
        last = entry.sequence;
      }
    } else {
      for (const auto& entry : taken) backlog.settle(1, entry.bytes);
      gone += taken.size();
      taken.clear();
    }
    ASSERT_LE(backlog.rows(), limits.rows_max);
    ASSERT_LE(backlog.bytes(), limits.bytes_max);
    ASSERT_EQ(backlog.rows(), accepted - gone);
  }
}

TEST(Retention, NamesOnlyTheBoundsThatAreSet) {
  Retention none{.logs = {}, .metrics = {}, .scaler_decisions = {}, .audit = {}};
  EXPECT_TRUE(trim_statements(none, 1'000).empty());
  none.logs = {10, std::chrono::seconds(1)};
  none.audit = {5, {}};
  const auto some = trim_statements(none, 10'000);
  ASSERT_EQ(some.size(), 3u);
  EXPECT_EQ(some[0].parameters[0], db::Value(9'000));
  EXPECT_EQ(some[1].parameters[0], db::Value(10));
  EXPECT_NE(some[2].sql.find("audit"), std::string_view::npos);
}

}  // namespace weir::store::backlog_test
