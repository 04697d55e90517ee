// The rules of engine.md ("Rules the runtime must enforce") and the contracts of this folder.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <thread>

#include "runtime/blocking_pool.hpp"
#include "runtime/cancel.hpp"
#include "runtime/channel.hpp"
#include "runtime/manual_lane.hpp"
#include "runtime/published.hpp"

namespace weir::runtime {
namespace {

using namespace std::chrono_literals;

Task<std::int64_t> value(std::int64_t number) { co_return number; }
Task<std::int64_t> sum(int count) {
  std::int64_t total = 0;
  for (int i = 0; i < count; ++i) total += co_await value(i);
  co_return total;
}

TEST(Task, AwaitsWithoutGrowingTheStack) {
  ManualLane lane;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  EXPECT_EQ(lane.complete(sum(1'000)), 499'500);  // sanitizers make no tail calls: it would grow
#else
  EXPECT_EQ(lane.complete(sum(1'000'000)), 499'999'500'000);
#endif
}

Task<void> note_wake(Readiness& readiness, base::Deadline deadline, std::vector<Wake>& out) {
  out.push_back(co_await readiness.wait_readable(deadline));
}

TEST(Readiness, WaitEndsAtItsDeadlineAndNotBefore) {
  ManualLane lane;
  Readiness readiness(lane);
  Gate gate;
  std::vector<Wake> wakes;
  spawn(gate, "wait", note_wake(readiness, lane.lane().after(500ms), wakes));
  lane.advance(499ms);
  EXPECT_TRUE(wakes.empty());
  lane.advance(1ms);
  ASSERT_EQ(wakes.size(), 1u);
  EXPECT_EQ(wakes[0], Wake::deadline);
}

TEST(Readiness, SetFlagNeedsNoSuspension) {
  ManualLane lane;
  Readiness readiness(lane);
  readiness.readable = true;
  Gate gate;
  std::vector<Wake> wakes;
  spawn(gate, "wait", note_wake(readiness, {}, wakes));
  ASSERT_EQ(wakes.size(), 1u);  // without any turn
  EXPECT_EQ(wakes[0], Wake::ready);
}

TEST(Readiness, CancelledAnswersWithoutStarting) {
  ManualLane lane;
  Readiness readiness(lane);
  Gate gate;
  std::vector<Wake> wakes;
  spawn(gate, "before", note_wake(readiness, {}, wakes));
  readiness.cancel();
  lane.run();
  spawn(gate, "after", note_wake(readiness, {}, wakes));
  ASSERT_EQ(wakes.size(), 2u);
  EXPECT_EQ(wakes[0], Wake::cancelled);
  EXPECT_EQ(wakes[1], Wake::cancelled);
}

TEST(Readiness, HangupWakesTheWatcher) {
  ManualLane lane;
  Readiness client(lane);
  Readiness upstream(lane);
  client.watch_hangup(&upstream);
  Gate gate;
  std::vector<Wake> wakes;
  spawn(gate, "upstream", note_wake(upstream, {}, wakes));
  client.signal_hangup();
  lane.run();
  ASSERT_EQ(wakes.size(), 1u);
  EXPECT_EQ(wakes[0], Wake::cancelled);
}

Task<void> note_writable_or_readable(Readiness& end, base::Deadline deadline,
                                     std::vector<Wake>& out) {
  out.push_back(co_await WritableOrReadable(end, deadline));
}

TEST(Readiness, ABlockedSenderNoticesAnAnswerAndItsClientsAbort) {
  ManualLane lane;
  Readiness client(lane);
  Readiness upstream(lane);
  client.watch_hangup(&upstream);
  Gate gate;
  std::vector<Wake> wakes;
  spawn(gate, "sender", note_writable_or_readable(upstream, lane.lane().after(1s), wakes));
  upstream.signal_readable();
  lane.run();
  EXPECT_EQ(wakes, std::vector{Wake::ready});
  upstream.readable = false;
  spawn(gate, "sender", note_writable_or_readable(upstream, lane.lane().after(1s), wakes));
  client.signal_hangup();
  lane.run();
  EXPECT_EQ(wakes.back(), Wake::cancelled);
  spawn(gate, "sender", note_writable_or_readable(upstream, lane.lane().after(1s), wakes));
  lane.advance(1s);
  EXPECT_EQ(wakes.back(), Wake::deadline);
  upstream.signal_writable();
  upstream.signal_readable();
  lane.run();
  EXPECT_EQ(wakes.size(), 3u);
}

Task<void> note_either(Readiness& a, Readiness& b, base::Deadline deadline,
                       std::vector<Wake>& out) {
  out.push_back(co_await EitherReadable(a, b, deadline));
}

TEST(Readiness, EitherEndWakesOnceAndLeavesNoWaiterBehind) {
  ManualLane lane;
  Readiness a(lane);
  Readiness b(lane);
  Gate gate;
  std::vector<Wake> wakes;
  spawn(gate, "either", note_either(a, b, lane.lane().after(1s), wakes));
  b.signal_readable();
  a.signal_readable();
  lane.run();
  EXPECT_EQ(wakes, std::vector{Wake::ready});
  a.readable = b.readable = false;
  spawn(gate, "again", note_either(a, b, lane.lane().after(1s), wakes));
  lane.advance(999ms);
  EXPECT_EQ(wakes.size(), 1u);
  lane.advance(1ms);
  EXPECT_EQ(wakes, (std::vector{Wake::ready, Wake::deadline}));
  spawn(gate, "cancel", note_either(a, b, {}, wakes));
  b.cancel();
  lane.run();
  EXPECT_EQ(wakes.size(), 3u);
  EXPECT_EQ(wakes.back(), Wake::cancelled);
}

// A descriptor that is freed by the first event of a batch must not be reached by a later one.
struct Closer {
  explicit Closer(Lane& home, int fd_) : lane(home), fd(fd_), readiness(home) {
    slot = lane.add(fd, readiness).value();
  }
  ~Closer() {
    lane.remove(slot);
    close(fd);
  }
  Lane& lane;
  int fd;
  Readiness readiness;
  std::uint32_t slot;
};

Task<void> close_both(std::unique_ptr<Closer>& mine, std::unique_ptr<Closer>& other, int& runs) {
  co_await mine->readiness.wait_readable({});
  ++runs;
  other.reset();
}

TEST(Lane, EventOfAClosedDescriptorFindsNobody) {
  ManualLane lane;
  std::array<int, 2> a{};
  std::array<int, 2> b{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, a.data()), 0);
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, b.data()), 0);
  auto first = std::make_unique<Closer>(lane, a[0]);
  auto second = std::make_unique<Closer>(lane, b[0]);
  lane.run();
  first->readiness.readable = second->readiness.readable = false;
  Gate gate;
  int runs = 0;
  spawn(gate, "first", close_both(first, second, runs));
  // Both become readable in one batch; whichever runs first frees the other's descriptor.
  ASSERT_EQ(write(a[1], "x", 1), 1);
  ASSERT_EQ(write(b[1], "x", 1), 1);
  lane.run();
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(second, nullptr);
  close(a[1]);
  close(b[1]);
}

Task<void> resume_twice(Readiness& readiness, int& resumed) {
  co_await readiness.wait_readable({});
  ++resumed;
  readiness.readable = false;
  co_await readiness.wait_readable({});
  ++resumed;
}

TEST(Lane, OneEventResumesAWaiterOnce) {
  ManualLane lane;
  Readiness readiness(lane);
  Gate gate;
  int resumed = 0;
  spawn(gate, "wait", resume_twice(readiness, resumed));
  readiness.signal_readable();
  readiness.signal_readable();
  lane.run();
  EXPECT_EQ(resumed, 1);
  readiness.signal_readable();
  lane.run();
  EXPECT_EQ(resumed, 2);
}

TEST(Lane, PostedWorkRunsOnItsThread) {
  Lane lane(3);
  std::thread::id ran;
  std::thread thread([&] { lane.run(); });
  const auto expected = thread.get_id();
  lane.post([&] { ran = std::this_thread::get_id(); });
  lane.stop();
  thread.join();
  EXPECT_EQ(ran, expected);
}

Task<void> sleep_and_note(Lane& lane, base::Duration time, CancelSource* cancel,
                          std::vector<Wake>& out) {
  out.push_back(co_await sleep_for(lane, time, cancel));
}

TEST(Sleep, EndsInTimeOrByCancellation) {
  ManualLane lane;
  Gate gate;
  CancelSource cancel;
  std::vector<Wake> wakes;
  spawn(gate, "short", sleep_and_note(lane, 10ms, &cancel, wakes));
  spawn(gate, "long", sleep_and_note(lane, 1h, &cancel, wakes));
  lane.advance(9ms);
  EXPECT_TRUE(wakes.empty());
  lane.advance(1ms);
  EXPECT_EQ(wakes, std::vector{Wake::deadline});
  cancel.request();
  lane.run();
  EXPECT_EQ(wakes, (std::vector{Wake::deadline, Wake::cancelled}));
  spawn(gate, "late", sleep_and_note(lane, 1h, &cancel, wakes));
  EXPECT_EQ(wakes.size(), 3u);
}

Task<void> hold_until(Readiness& readiness) { co_await readiness.wait_readable({}); }
Task<void> close_gate(Gate& gate, bool& closed) {
  co_await gate.close();
  closed = true;
}

TEST(Gate, CloseWaitsForAllAndRefusesNew) {
  ManualLane lane;
  Readiness readiness(lane);
  Gate inner;
  Gate outer;
  bool closed = false;
  spawn(inner, "held", hold_until(readiness));
  spawn(outer, "close", close_gate(inner, closed));
  lane.run();
  EXPECT_FALSE(closed);
  EXPECT_FALSE(spawn(inner, "late", hold_until(readiness)));
  readiness.signal_readable();
  lane.run();
  EXPECT_TRUE(closed);
}

Task<base::Result<int>> failing(base::Errc code) { co_return base::fail(code); }

TEST(Spawn, MetersFailureButNotCancellation) {
  ManualLane lane;
  Gate gate;
  spawn(gate, "fails", failing(base::Errc::reset));
  spawn(gate, "cancelled", failing(base::Errc::cancelled));
  EXPECT_EQ(gate.started, 2u);
  EXPECT_EQ(gate.failed, 1u);
}

TEST(Channel, RefusesWhenFullAndKeepsOrder) {
  ManualLane lane;
  Channel<int> channel(lane, 2);
  EXPECT_TRUE(channel.try_push(1));
  EXPECT_TRUE(channel.try_push(2));
  EXPECT_FALSE(channel.try_push(3));
  EXPECT_EQ(lane.complete(channel.pop({})).value(), 1);
  channel.close();
  EXPECT_EQ(lane.complete(channel.pop({})).value(), 2);
  EXPECT_EQ(lane.complete(channel.pop({})).error().code(), base::Errc::closed);
}

TEST(Published, HeldSnapshotOutlivesItsReplacement) {
  Published<int> published(std::make_shared<const int>(1));
  PublishedReader<int> reader(published);
  auto held = reader.hold();
  published.publish(std::make_shared<const int>(2));
  EXPECT_EQ(*held, 1);
  EXPECT_EQ(*reader.hold(), 2);
  EXPECT_EQ(*held, 1);
}

TEST(Published, ReadersOnOtherThreadsSeeWholeValues) {
  struct Pair {
    int a, b;
  };
  Published<Pair> published(std::make_shared<const Pair>(0, 0));
  std::atomic<bool> stop{false};
  std::thread thread([&] {
    PublishedReader<Pair> reader(published);
    while (!stop) {
      auto held = reader.hold();
      ASSERT_EQ(held->a, held->b);
    }
  });
  for (int i = 1; i < 2000; ++i) published.publish(std::make_shared<const Pair>(i, i));
  stop = true;
  thread.join();
}

TEST(BlockingPool, GivesValuesOnTheLaneAndRefusesWhenFull) {
  Lane lane(0);
  Gate gate;
  std::vector<int> got;
  {
    BlockingPool pool(1, 1);
    auto collect = [](Lane& home, BlockingPool& from, std::vector<int>& out) -> Task<void> {
      auto work = [] { return 42; };
      const auto result = co_await from.run(home, work);
      out.push_back(result.value());
      home.stop();
    };
    spawn(gate, "work", collect(lane, pool, got));
    lane.run();
  }
  EXPECT_EQ(got, std::vector{42});

  BlockingPool pool(1, 1);
  std::mutex busy;
  busy.lock();
  std::atomic<bool> started{false};
  ASSERT_TRUE(pool.submit([&] {
    started = true;
    const std::lock_guard lock(busy);
  }));
  while (!started) std::this_thread::yield();
  EXPECT_TRUE(pool.submit([] {}));
  EXPECT_FALSE(pool.submit([] {}));
  busy.unlock();
}

}  // namespace
}  // namespace weir::runtime
