// AdminLane: the store and the configuration, both on threads that may block.
#include <pthread.h>

#include <thread>

#include "app/admin_lane.hpp"
#include "runtime/foreign.hpp"
#include "telemetry/background_thread.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kReadTime = std::chrono::seconds(10);

base::Fail no_store() {
  return base::fail(base::Errc::not_found,
                    "this weir keeps no records: start it with --data DIR, or set admin.store");
}

}  // namespace

runtime::Task<base::Result<std::vector<store::LogRow>>> AdminLane::logs(store::LogQuery query) {
  if (store_ == nullptr) co_return no_store();
  auto work = [query](db::Connection& connection) { return store::read_logs(connection, query); };
  auto reading = store_->read(lane_, std::move(work), lane_.after(kReadTime));
  co_return co_await reading;
}

runtime::Task<base::Result<db::Rows>> AdminLane::store_rows(std::string table, std::int64_t limit,
                                                            std::int64_t offset) {
  if (store_ == nullptr) co_return no_store();
  auto work = [table, limit, offset](db::Connection& connection) {
    return store::show_table(connection, table, limit, offset);
  };
  auto reading = store_->read(lane_, std::move(work), lane_.after(kReadTime));
  co_return co_await reading;
}

runtime::Task<base::Result<std::vector<store::TableSize>>> AdminLane::store_tables() {
  if (store_ == nullptr) co_return no_store();
  auto work = [](db::Connection& connection) { return store::table_sizes(connection); };
  auto reading = store_->read(lane_, std::move(work), lane_.after(kReadTime));
  co_return co_await reading;
}

std::optional<store::Health> AdminLane::store_health() const {
  if (store_ == nullptr) return std::nullopt;
  return store_->health();
}

// A thread for each: reloads are rare, one at a time, and wait for files and names.
runtime::Task<base::Result<admin::ReloadReport>> AdminLane::reload(bool plan_only, std::string by) {
  runtime::Foreign<admin::ReloadReport> hop(lane_);
  std::thread worker = telemetry::start_background(
      "reload", [this, plan_only, by, done = hop.completer()]() mutable {
        ReloadOutcome outcome = reloader_.reload(plan_only, by);
        done.complete({outcome.applied, std::move(outcome.plan), std::move(outcome.problems),
                       std::move(outcome.warnings)});
      });
  // Without a limit: the thread is to be joined, and that must not stop the lane.
  auto waiting = hop.wait(base::Deadline(), &ending_);
  auto report = co_await waiting;
  worker.join();
  co_return report;
}

}  // namespace weir::app
