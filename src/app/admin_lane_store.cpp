// AdminLane: the store, on threads that may block.
#include "app/admin_lane.hpp"
#include "runtime/foreign.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kReadTime = std::chrono::seconds(10);
constexpr base::Duration kSettleTime = std::chrono::milliseconds(500);

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

runtime::Task<void> AdminLane::settle() {
  if (store_ == nullptr || !store_->health().ok) co_return;
  auto flushing = store_->flush(lane_, lane_.after(kSettleTime));
  // What is late is on its way, and health() says so.
  [[maybe_unused]] const auto flushed = co_await flushing;
}

}  // namespace weir::app
