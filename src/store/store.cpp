#include "store/store.hpp"

#include <chrono>
#include <future>

#include "store/schema.hpp"

namespace weir::store {
namespace {

// A migration may rewrite a large table.
constexpr base::Duration kMigrationTimeout = std::chrono::minutes(10);

base::Result<db::Target> file_or_server(std::string_view text) {
  WEIR_TRY(db::Target target, db::parse_target(text));
  if (target.dialect == db::Dialect::sqlite && target.where == ":memory:") {
    return base::fail(base::Errc::invalid_argument,
                      "the store needs a file: its readers have connections of their own");
  }
  return target;
}

db::PoolOptions for_reading(db::PoolOptions options) {
  options.connect.read_only = true;
  return options;
}

// Blocks until `start` has called its Done.
template <class Start>
base::Result<void> wait_for(Start start, base::Deadline deadline) {
  auto told = std::make_shared<std::promise<base::Result<void>>>();  // owners: here and the Done
  auto heard = told->get_future();
  WEIR_CHECK(start([told](base::Result<void> result) { told->set_value(std::move(result)); }));
  const base::Duration left = deadline.left(base::real_now());
  if (deadline.never()) {
    heard.wait();
  } else if (heard.wait_for(left) != std::future_status::ready) {
    return base::fail(base::Errc::deadline, "the store did not write in time");
  }
  return heard.get();
}

Done done_of(runtime::Foreign<base::Result<void>>& foreign) {
  return [completer = foreign.completer()](base::Result<void> result) mutable {
    completer.complete(std::move(result));
  };
}

runtime::Task<base::Result<void>> heard_on_lane(runtime::Foreign<base::Result<void>> foreign,
                                                base::Deadline deadline) {
  auto waiting = foreign.wait(deadline);
  auto heard = co_await waiting;
  if (!heard) co_return base::Fail(std::move(heard).error());
  co_return std::move(*heard);
}

}  // namespace

Store::Store(db::Target target, StoreOptions options, telemetry::Log& log,
             std::unique_ptr<db::Connection> first, std::string reason)
    : target_(target),
      readers_(target, for_reading(options.reading)),
      writer_(std::move(target), options.writer, log, std::move(first), std::move(reason)) {}

base::Result<std::unique_ptr<Store>> Store::open(std::string_view text, StoreOptions options,
                                                 telemetry::Log& log) {
  WEIR_TRY(db::Target target, file_or_server(text));
  std::string reason;
  std::unique_ptr<db::Connection> first;
  if (auto made = db::connect(target, options.writer.connect)) {
    const auto migrated = db::migrate(**made, kComponent, migrations(), options.writer.wall_ms());
    const bool is_outage = !migrated && db::is_outage((*made)->last_failure().cause);
    const bool may_wait = is_outage && options.may_start_degraded;
    if (!migrated && !may_wait) return base::Fail(migrated.error());
    if (migrated) first = std::move(*made);
    if (!migrated) reason = migrated.error().detail();
  } else if (options.may_start_degraded) {
    reason = made.error().detail();
  } else {
    return base::Fail(std::move(made).error());
  }
  if (!reason.empty()) log.warn("store", "the store is away; writes wait: {}", reason);
  return std::unique_ptr<Store>(
      new Store(std::move(target), options, log, std::move(first), std::move(reason)));
}

runtime::Task<base::Result<void>> Store::write(runtime::Lane& lane, Write write,
                                               base::Deadline deadline) {
  runtime::Foreign<base::Result<void>> foreign(lane);
  auto queued = writer_.submit(std::move(write), done_of(foreign));
  if (!queued) co_return base::Fail(std::move(queued).error());
  auto hearing = heard_on_lane(std::move(foreign), deadline);
  co_return co_await hearing;
}

base::Result<void> Store::write_now(Write write, base::Deadline deadline) {
  return wait_for([&](Done done) { return writer_.submit(std::move(write), std::move(done)); },
                  deadline);
}

runtime::Task<base::Result<void>> Store::flush(runtime::Lane& lane, base::Deadline deadline) {
  runtime::Foreign<base::Result<void>> foreign(lane);
  auto queued = writer_.flush(done_of(foreign));
  if (!queued) co_return base::Fail(std::move(queued).error());
  auto hearing = heard_on_lane(std::move(foreign), deadline);
  co_return co_await hearing;
}

base::Result<void> Store::flush(base::Deadline deadline) {
  return wait_for([&](Done done) { return writer_.flush(std::move(done)); }, deadline);
}

base::Result<std::vector<LogRow>> Store::logs(const LogQuery& query) {
  return read([&](db::Connection& connection) { return read_logs(connection, query); });
}

base::Result<db::Rows> Store::show(std::string_view table, std::int64_t limit,
                                   std::int64_t offset) {
  return read(
      [&](db::Connection& connection) { return show_table(connection, table, limit, offset); });
}

base::Result<std::vector<TableSize>> Store::tables() {
  return read([](db::Connection& connection) { return table_sizes(connection); });
}

base::Result<db::MigrationStatus> status_of(std::string_view text) {
  WEIR_TRY(const db::Target target, file_or_server(text));
  db::ConnectOptions options;
  options.read_only = true;
  WEIR_TRY(const auto connection, db::connect(target, options));
  return db::migration_status(*connection, kComponent, migrations());
}

base::Result<db::MigrationStatus> migrate_target(std::string_view text, std::int64_t now_ms) {
  WEIR_TRY(const db::Target target, file_or_server(text));
  db::ConnectOptions options;
  options.statement_timeout = kMigrationTimeout;
  WEIR_TRY(const auto connection, db::connect(target, options));
  return db::migrate(*connection, kComponent, migrations(), now_ms);
}

}  // namespace weir::store
