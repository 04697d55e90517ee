#pragma once
// ScratchStore: a store on an empty SQLite file or an empty PostgreSQL schema, quick to give up and
// with a log that nobody reads. For tests.

#include <gtest/gtest.h>

#include <memory>

#include "db/scratch_postgres.hpp"
#include "store/store.hpp"

namespace weir::store {

/// Text that Store::open() reads.
inline std::string text_of(const db::Target& target) {
  return (target.dialect == db::Dialect::sqlite ? "sqlite:" : "") + target.where;
}

inline StoreOptions quick_options() {
  StoreOptions options;
  options.writer.linger = std::chrono::milliseconds(2);
  options.writer.backoff_first = std::chrono::milliseconds(2);
  options.writer.backoff_max = std::chrono::milliseconds(20);
  options.writer.stop_wait = std::chrono::milliseconds(50);
  // An early day: rows with small times are young.
  options.writer.wall_ms = []() noexcept -> std::int64_t { return 1'000'000; };
  options.reading.reconnect_pause = base::Duration(0);
  return options;
}

template <class Place>
class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!place_.target()) GTEST_SKIP() << db::ScratchPostgres::missing();
  }
  std::unique_ptr<Store> open(StoreOptions options = quick_options()) {
    auto made = Store::open(text_of(target()), options, log_);
    EXPECT_TRUE(made) << (made ? "" : made.error().detail());
    return made ? std::move(*made) : nullptr;
  }
  const db::Target& target() const { return *place_.target(); }

  telemetry::NullLog log_;

 private:
  Place place_;
};

struct PlaceNames {
  template <class Place>
  static std::string GetName(int) {
    return std::is_same_v<Place, db::ScratchFile> ? "Sqlite" : "Postgresql";
  }
};

using Places = testing::Types<db::ScratchFile, db::ScratchSchema>;

/// No test waits longer than this for what it expects.
inline base::Deadline soon() {
  return base::Deadline::after(base::real_now(), std::chrono::seconds(20));
}

/// Turns until `is_so()`, for what another thread does by itself.
template <class Condition>
bool eventually(Condition is_so) {
  const auto until = soon();
  while (!is_so()) {
    if (until.expired(base::real_now())) return false;
    std::this_thread::yield();
  }
  return true;
}

inline std::string detail(const base::Result<void>& result) {
  return result ? "no error" : std::string(result.error().detail());
}

}  // namespace weir::store
