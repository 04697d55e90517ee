#include "balance/queue_rule.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace queue_rule_test {

using namespace std::chrono_literals;
using enum QueueMove;

const base::Time kNow = base::Time{} + 1h;

TEST(QueueRule, Arrival) {
  struct Row {
    const char* what;
    bool has_room;
    std::uint32_t waiting;
    base::Time deadline;
    QueueMove move;
    base::Time leave_at;
  };
  const Row rows[] = {
      {"room, nobody waits", true, 0, kNow + 1s, enter, base::kNever},
      {"room, but others wait", true, 1, kNow + 1s, wait, kNow + 200ms},
      {"no room", false, 0, kNow + 1s, wait, kNow + 200ms},
      {"last place", false, 127, kNow + 1s, wait, kNow + 200ms},
      {"full", false, 128, kNow + 1s, refuse_full, base::kNever},
      {"full although there is room", true, 128, kNow + 1s, refuse_full, base::kNever},
      {"deadline before the longest wait", false, 0, kNow + 50ms, wait, kNow + 50ms},
      {"deadline reached", true, 0, kNow, refuse_late, base::kNever},
      {"no deadline", false, 0, base::kNever, wait, kNow + 200ms},
  };
  for (const Row& row : rows) {
    const QueueDecision got = on_arrival(row.has_room, row.waiting, {}, kNow, row.deadline, kNow);
    EXPECT_EQ(got.move, row.move) << row.what;
    EXPECT_EQ(got.leave_at, row.leave_at) << row.what;
  }
}

TEST(QueueRule, AQueueWithoutPlacesRefusesAtOnce) {
  EXPECT_EQ(on_arrival(true, 0, {.places = 0}, kNow, base::kNever, kNow).move, enter);
  EXPECT_EQ(on_arrival(false, 0, {.places = 0}, kNow, base::kNever, kNow).move, refuse_full);
}

TEST(QueueRule, AStandingQueueIsWaitedInForATenth) {
  struct Row {
    base::Duration not_empty_for;
    std::uint32_t waiting;
    base::Duration wait;
  };
  for (const Row& row : std::vector<Row>{{0ms, 1, 200ms},
                                         {100ms, 127, 200ms},
                                         {101ms, 1, 20ms},
                                         {10s, 127, 20ms},
                                         {10s, 0, 200ms}}) {
    const QueueDecision got =
        on_arrival(false, row.waiting, {}, kNow - row.not_empty_for, base::kNever, kNow);
    EXPECT_EQ(got.move, wait);
    EXPECT_EQ(got.leave_at - kNow, row.wait) << row.waiting;
  }
  EXPECT_EQ(on_arrival(false, 5, {}, kNow - 10s, kNow + 3ms, kNow).leave_at, kNow + 3ms);
}

TEST(QueueRule, Head) {
  EXPECT_EQ(on_head(true, kNow + 1ms, kNow), enter);
  EXPECT_EQ(on_head(false, kNow + 1ms, kNow), wait);
  EXPECT_EQ(on_head(true, kNow, kNow), refuse_late) << "its client has given up";
}

}  // namespace queue_rule_test
}  // namespace weir::balance
