// The queue and its thread: batches, rejections, bounds, the end, trimming.

#include "store/writer.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

#include "db/transaction.hpp"
#include "store/metrics.hpp"
#include "store/overlay.hpp"
#include "store/scratch_store.hpp"

namespace weir::store::writer_test {

using base::Errc;

template <class Place>
class EachWriter : public StoreTest<Place> {};
TYPED_TEST_SUITE(EachWriter, Places, PlaceNames);

Write log_of(std::string message, std::int64_t at_ms = 1) {
  return insert(LogRow{.at_ms = at_ms, .message = std::move(message)});
}

Write row_with_key(std::string key) {
  return {Kind::record,
          {{"INSERT INTO overlay(key, value, origin, who, at_ms)"
            " VALUES (?, '1', 'test', 'me', 1)",
            {std::move(key)},
            {}}}};
}

std::int64_t rows_of(Store& store, std::string_view table) {
  const auto tables = store.tables();
  if (!tables) return -1;
  for (const auto& each : *tables) {
    if (each.name == table) return each.rows;
  }
  return -2;
}

TYPED_TEST(EachWriter, AWriteThatCannotSucceedIsRejectedAlone) {
  const auto store = this->open();
  std::atomic<int> good{0}, bad{0}, other{0};
  for (int i = 0; i < 60; ++i) {
    const bool clashes = i % 10 == 9;
    const auto queued = store->write(row_with_key(clashes ? "k0" : "k" + std::to_string(i)),
                                     [&](base::Result<void> done) {
                                       if (done) {
                                         ++good;
                                       } else {
                                         ++(done.error().code() == Errc::conflict ? bad : other);
                                       }
                                     });
    ASSERT_TRUE(queued);
  }
  ASSERT_TRUE(store->flush(soon()));
  EXPECT_EQ(good, 54);
  EXPECT_EQ(bad, 6);
  EXPECT_EQ(other, 0);
  const Health health = store->health();
  EXPECT_TRUE(health.ok) << health.reason;
  EXPECT_EQ(health.written, 54u);
  EXPECT_EQ(health.rejected, 6u);
  EXPECT_EQ(health.queued_rows, 0u);
  EXPECT_EQ(rows_of(*store, "overlay"), 54);
}

TYPED_TEST(EachWriter, StatementsOfAWriteTakeEffectTogether) {
  const auto store = this->open();
  Write both = row_with_key("one");
  both.statements.push_back(row_with_key("one").statements[0]);
  EXPECT_EQ(store->write_now(std::move(both), soon()).error().code(), Errc::conflict);
  EXPECT_EQ(rows_of(*store, "overlay"), 0);
}

TYPED_TEST(EachWriter, FlushMeansThatAReaderSeesWhatWasQueued) {
  const auto store = this->open();
  for (int round = 1; round <= 20; ++round) {
    ASSERT_TRUE(store->write(log_of("a")));
    ASSERT_TRUE(store->write(log_of("b")));
    ASSERT_TRUE(store->flush(soon()));
    ASSERT_EQ(rows_of(*store, "logs"), round * 2);
  }
  EXPECT_TRUE(store->flush(soon())) << "an empty queue is flushed";
}

TYPED_TEST(EachWriter, TheEndWritesWhatIsQueued) {
  {
    const auto store = this->open();
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(store->write(log_of("x")));
  }
  const auto store = this->open();
  EXPECT_EQ(rows_of(*store, "logs"), 500);
}

TYPED_TEST(EachWriter, OldRowsGoByNumberAndByAge) {
  auto options = quick_options();
  options.writer.trim_every = std::chrono::milliseconds(1);
  options.writer.retention.logs = {100, {}};
  options.writer.retention.metrics = {0, std::chrono::seconds(10)};
  options.writer.wall_ms = []() noexcept -> std::int64_t { return 1'000'000; };
  const auto store = this->open(options);
  for (int i = 0; i < 5'000; ++i) ASSERT_TRUE(store->write(log_of(std::to_string(i))));
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(store->write(*insert(MetricSample{985'000 + i * 100, "weir", "rate", 1})));
  }
  ASSERT_TRUE(store->flush(soon()));
  EXPECT_TRUE(eventually([&] { return store->health().trimmed == 4'950; }))
      << store->health().trimmed << ' ' << store->health().reason;
  EXPECT_EQ(rows_of(*store, "logs"), 100);
  EXPECT_EQ(store->logs({.limit = 1})->at(0).message, "4999");
  EXPECT_EQ(rows_of(*store, "metrics"), 50);
}

TEST(Retention, KeepsADayOfTwoHundredSubjectsAtTenSeconds) {
  constexpr std::int64_t kFigures = 6;
  constexpr std::int64_t kSteps = 24 * 3600 / 10;
  EXPECT_GE(Retention().metrics.rows_max, 200 * kFigures * kSteps);
  EXPECT_GE(Retention().metrics.age_max, base::Duration(std::chrono::hours(24)));
  // And what comes in a minute is gone in one: a trim is at most ten statements, then again.
  EXPECT_LE(200 * kFigures * 6, 10 * kTrimRows);
}

TYPED_TEST(EachWriter, ManySamplesAreOneWrite) {
  const auto store = this->open();
  std::vector<MetricSample> many;
  for (int i = 0; i < 64 + 8 + 3; ++i) {
    many.push_back({10'000, "endpoint/app/" + std::to_string(i), "in_flight", i + 0.5});
  }
  auto write = insert(many);
  ASSERT_TRUE(write);
  EXPECT_EQ(write->kind, Kind::sample);
  EXPECT_EQ(write->statements.size(), 5u);
  ASSERT_TRUE(store->write_now(*std::move(write), soon()));
  EXPECT_EQ(rows_of(*store, "metrics"), 75);
  for (const int i : {0, 63, 64, 71, 72, 74}) {
    const MetricQuery query{many[static_cast<std::size_t>(i)].subject, "in_flight", 0, 20'000};
    const auto points = store->read([&](db::Connection& c) { return read_metric(c, query); });
    ASSERT_TRUE(points);
    ASSERT_EQ(points->size(), 1u) << i;
    EXPECT_EQ(points->front().mean, i + 0.5);
  }
  many.resize(kSamplesMax, many.front());
  write = insert(many);
  ASSERT_TRUE(write);
  EXPECT_LT(size_of(*write), BacklogLimits().write_bytes_max);
  EXPECT_TRUE(store->write_now(*std::move(write), soon()));
  many.push_back(many.front());
  EXPECT_EQ(insert(many).error().code(), Errc::invalid_argument);
  EXPECT_EQ(insert(std::span<const MetricSample>()).error().code(), Errc::invalid_argument);
}

TYPED_TEST(EachWriter, SamplesBeyondTheBoundGoWhileNewOnesCome) {
  auto options = quick_options();
  options.writer.trim_every = std::chrono::milliseconds(1);
  options.writer.retention.metrics = {2'400, std::chrono::hours(1)};
  const auto store = this->open(options);
  std::vector<MetricSample> step(1'200, {0, "endpoint/app/one", "in_flight", 1});
  for (int i = 0; i < 10; ++i) {
    for (MetricSample& each : step) each.at_ms = i * 10'000;
    ASSERT_TRUE(store->write_now(*insert(step), soon()));
  }
  EXPECT_TRUE(eventually([&] { return store->health().trimmed == 9'600; }))
      << store->health().trimmed << ' ' << store->health().reason;
  EXPECT_EQ(rows_of(*store, "metrics"), 2'400);
  const auto newest = store->show("metrics", 1, 1'200);
  ASSERT_TRUE(newest);
  EXPECT_EQ(newest->rows[0][1], db::Value(80'000));
}

TYPED_TEST(EachWriter, TwoThreadsAndAReaderAtOnce) {
  const auto store = this->open();
  const auto write_many = [&] {
    for (int i = 0; i < 300; ++i) {
      if (!store->write(log_of("x"), [](base::Result<void>) {})) ADD_FAILURE();
    }
  };
  std::thread other(write_many);
  write_many();
  std::int64_t last = 0;
  for (int i = 0; i < 10; ++i) {
    const std::int64_t rows = rows_of(*store, "logs");
    EXPECT_GE(rows, last);
    last = rows;
  }
  other.join();
  ASSERT_TRUE(store->flush(soon()));
  EXPECT_EQ(rows_of(*store, "logs"), 600);
}

// ---- a SQLite file that is held by somebody else, and one that goes away

class SqliteOutage : public StoreTest<db::ScratchFile> {
 protected:
  StoreOptions impatient() {
    auto options = quick_options();
    options.writer.connect.busy_timeout = std::chrono::milliseconds(1);
    options.writer.backlog.rows_max = 30;
    options.writer.batch_rows_max = 10;
    return options;
  }
};

TEST_F(SqliteOutage, WritesWaitWithinTheBoundAndArriveLater) {
  const auto store = open(impatient());
  const auto holder = db::connect(target());
  auto held = db::Transaction::begin(**holder);
  ASSERT_TRUE(held);
  std::atomic<int> records{0}, dropped{0};
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(store->write(row_with_key(std::to_string(i)),
                             [&](base::Result<void> done) { records += done ? 1 : 0; }));
  }
  ASSERT_TRUE(eventually([&] { return !store->health().ok; }));
  EXPECT_NE(store->health().reason.find("SQLITE_BUSY"), std::string::npos)
      << store->health().reason;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(store->write(*insert(MetricSample{i, "weir", "rate", 1}),
                             [&](base::Result<void> done) { dropped += done ? 0 : 1; }));
  }
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(store->write(log_of("kept")));
  Health health = store->health();
  EXPECT_LE(health.queued_rows, 30u);
  EXPECT_EQ(health.dropped_samples, 85u);
  EXPECT_EQ(health.dropped_logs, 0u);
  EXPECT_EQ(dropped, 85);
  EXPECT_EQ(records, 0) << "nothing is acknowledged before it is written";
  held->roll_back();
  ASSERT_TRUE(store->flush(soon()));
  health = store->health();
  EXPECT_TRUE(health.ok) << health.reason;
  EXPECT_EQ(records, 10);
  EXPECT_EQ(rows_of(*store, "overlay"), 10);
  EXPECT_EQ(rows_of(*store, "logs"), 5);
  EXPECT_EQ(rows_of(*store, "metrics"), 15);
}

TEST_F(SqliteOutage, RecordsFillTheQueueAndThenAreRefused) {
  const auto store = open(impatient());
  const auto holder = db::connect(target());
  auto held = db::Transaction::begin(**holder);
  ASSERT_TRUE(held);
  int refused = 0;
  for (int i = 0; i < 40; ++i) {
    const auto queued = store->write(row_with_key(std::to_string(i)));
    if (!queued) {
      ++refused;
      EXPECT_EQ(queued.error().code(), Errc::overloaded);
    }
  }
  EXPECT_EQ(refused, 10);
  EXPECT_EQ(store->health().refused_records, 10u);
}

TEST_F(SqliteOutage, TheEndDoesNotWaitForEverAndSaysWhatIsLost) {
  std::atomic<int> cancelled{0};
  const auto count_it = [&](base::Result<void> done) {
    cancelled += !done && done.error().code() == Errc::cancelled ? 1 : 0;
  };
  ASSERT_TRUE(migrate_target(text_of(target()), 1));
  const auto holder = db::connect(target());
  auto held = db::Transaction::begin(**holder);
  ASSERT_TRUE(held);
  {
    Writer writer(target(), impatient().writer, log_, nullptr, "not yet");
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(writer.submit(row_with_key(std::to_string(i)), count_it));
    }
    ASSERT_TRUE(writer.flush(count_it));
  }
  EXPECT_EQ(cancelled, 21);
}

TEST_F(SqliteOutage, AMovedFileIsMadeAnew) {
  const auto store = open();
  ASSERT_TRUE(store->write_now(log_of("old"), soon()));
  std::filesystem::rename(target().where, target().where + ".moved");
  ASSERT_TRUE(store->write_now(log_of("new"), soon()));
  EXPECT_EQ(rows_of(*store, "logs"), 1);
  EXPECT_TRUE(store->health().ok);
}

TEST(SqliteStart, AStoreThatCannotBeOpenedMayStartDegraded) {
  const db::ScratchFile file;
  const std::string folder = file.target()->where + ".later";
  telemetry::NullLog log;
  auto options = quick_options();
  EXPECT_FALSE(Store::open("sqlite:" + folder + "/weir.db", options, log));
  options.may_start_degraded = true;
  const auto store = Store::open("sqlite:" + folder + "/weir.db", options, log);
  ASSERT_TRUE(store) << store.error().detail();
  EXPECT_FALSE((*store)->health().ok);
  EXPECT_NE((*store)->health().reason.find("is not there"), std::string::npos);
  ASSERT_TRUE((*store)->write(log_of("waits")));
  std::filesystem::create_directory(folder);
  ASSERT_TRUE((*store)->flush(soon()));
  EXPECT_TRUE((*store)->health().ok);
  EXPECT_EQ(rows_of(**store, "logs"), 1);
}

}  // namespace weir::store::writer_test
