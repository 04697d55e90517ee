#pragma once
// Store: weir's own records, in a SQLite file or in PostgreSQL. Writing goes through one queue with
// a bound and one thread; reading has a few connections of its own that cannot write.
//
//   store.write(insert(LogRow{…}));                        // any thread, never waits
//   auto writing = store.write(lane, std::move(write));    // a lane: waits until it is on the disk
//   const auto done = co_await writing;
//   const auto rows = store.read([](db::Connection& c) { return list_services(c); });  // blocks
//
// A database belongs to one weir at a time; a second one may look (`weir store show`).
// Death: what is queued is written, at most for stop_wait. Lanes that wait must still run then.

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "db/migrate.hpp"
#include "db/pool.hpp"
#include "runtime/foreign.hpp"
#include "store/logs.hpp"
#include "store/writer.hpp"

namespace weir::store {

struct StoreOptions {
  WriterOptions writer;
  db::PoolOptions reading;
  /// A database that cannot be reached is no error of open(): writes wait, and health() says why.
  /// One that is newer than the program still is.
  bool may_start_degraded = false;
};

struct TableSize {
  std::string_view name;
  std::string_view about;
  std::int64_t rows = 0;
};

class Store {
 public:
  /// Opens `sqlite:PATH` or a PostgreSQL URL (db/target.hpp) and brings its tables up to date.
  /// Fails: invalid_argument for the text; conflict for a newer database; as db::connect().
  /// Blocks. Lifetime: `log` outlives the store.
  static base::Result<std::unique_ptr<Store>> open(std::string_view target, StoreOptions options,
                                                   telemetry::Log& log);
  ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // ---- writing, from any thread

  /// Queues. Fails: overloaded, too_large, cancelled; `done` is not called then.
  base::Result<void> write(Write write, Done done = {}) {
    return writer_.submit(std::move(write), std::move(done));
  }
  /// Success: it is on the disk. Fails: as above; with what the database said; deadline, and then
  /// it may still be written. Cancel: the same.
  runtime::Task<base::Result<void>> write(runtime::Lane& lane, Write write,
                                          base::Deadline deadline = {});
  /// The same, blocking.
  base::Result<void> write_now(Write write, base::Deadline deadline = {});

  /// Waits until what was queued before is on the disk, or was rejected or dropped: health()
  /// counts. Fails: deadline, overloaded, cancelled.
  runtime::Task<base::Result<void>> flush(runtime::Lane& lane, base::Deadline deadline = {});
  /// The same, blocking.
  base::Result<void> flush(base::Deadline deadline = {});

  Health health() const { return writer_.health(); }

  // ---- reading. Not what is still queued: flush first where that matters

  /// Runs `work(db::Connection&)`, which returns a Result, on the calling thread. Blocks.
  template <class Work>
  auto read(Work work) -> std::invoke_result_t<Work, db::Connection&> {
    auto lease = readers_.lease();
    if (!lease) return base::Fail(std::move(lease).error());
    return work(**lease);
  }
  /// The same for a lane: on a thread that may block, and the value on `lane`.
  template <class Work>
  auto read(runtime::Lane& lane, Work work, base::Deadline deadline = {}) {
    return readers_.run(lane, std::move(work), deadline);
  }

  /// Blocks, as all below.
  base::Result<std::vector<LogRow>> logs(const LogQuery& query);
  base::Result<db::Rows> show(std::string_view table, std::int64_t limit, std::int64_t offset);
  base::Result<std::vector<TableSize>> tables();

  const db::Target& target() const noexcept { return target_; }

 private:
  Store(db::Target target, StoreOptions options, telemetry::Log& log,
        std::unique_ptr<db::Connection> first, std::string reason);

  const db::Target target_;
  db::Pool readers_;
  Writer writer_;
};

inline constexpr std::int64_t kShowPageMax = 1'000;

/// Rows of one table as they are, newest first where the table has a time; secrets are masked.
/// Fails: not_found for a table (with the names), invalid_argument for a limit that is not 1 to
/// kShowPageMax or an offset below 0; as execute().
base::Result<db::Rows> show_table(db::Connection& connection, std::string_view table,
                                  std::int64_t limit, std::int64_t offset);
/// By name. Cost: counts every table.
base::Result<std::vector<TableSize>> table_sizes(db::Connection& connection);

/// For `weir store status` and `weir store migrate`: without a store. `status` makes no file.
base::Result<db::MigrationStatus> status_of(std::string_view target);
base::Result<db::MigrationStatus> migrate_target(std::string_view target, std::int64_t now_ms);

}  // namespace weir::store
