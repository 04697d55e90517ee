#include "store/batch_writer.hpp"

#include <fmt/format.h>

#include <random>

#include "db/migrate.hpp"
#include "db/transaction.hpp"
#include "store/schema.hpp"

namespace weir::store {
namespace {

// Nobody asks about the batches of a writer that ended a week ago.
constexpr std::int64_t kWriterRowMs = std::int64_t{7} * 24 * 3600 * 1000;

std::string fresh_writer_id() {
  std::random_device kernel;
  return fmt::format("{:08x}{:08x}", kernel(), kernel());
}

}  // namespace

BatchWriter::BatchWriter(db::Target target, db::ConnectOptions options,
                         std::unique_ptr<db::Connection> first, std::int64_t (*wall_ms)() noexcept)
    : target_(std::move(target)),
      options_(options),
      id_(fresh_writer_id()),
      wall_ms_(wall_ms),
      connection_(std::move(first)) {}

base::Result<void> BatchWriter::make_ready() {
  if (connection_ && !connection_->usable()) connection_.reset();
  if (!connection_) {
    announced_ = false;
    WEIR_TRY(auto made, db::connect(target_, options_));
    // Again each time: the file or the server may be another one now.
    WEIR_CHECK(db::migrate(*made, kComponent, migrations(), wall_ms_()));
    connection_ = std::move(made);
  }
  return announced_ ? base::Result<void>() : announce();
}

// The row is there before the first batch, so that a later look can wait for a commit under way.
base::Result<void> BatchWriter::announce() {
  const std::int64_t now_ms = wall_ms_();
  WEIR_CHECK(connection_->execute("DELETE FROM store_writers WHERE at_ms < ? AND id <> ?",
                                  {now_ms - kWriterRowMs, id_}));
  WEIR_CHECK(connection_->execute(
      "INSERT INTO store_writers(id, batch, at_ms) VALUES (?, 0, ?) ON CONFLICT(id) DO NOTHING",
      {id_, now_ms}));
  announced_ = true;
  return {};
}

base::Result<bool> BatchWriter::was_written() {
  // PostgreSQL may still be busy with the commit whose answer was lost: the lock waits for its end.
  const std::string_view sql = connection_->dialect() == db::Dialect::sqlite
                                   ? "SELECT batch FROM store_writers WHERE id = ?"
                                   : "SELECT batch FROM store_writers WHERE id = ? FOR UPDATE";
  WEIR_TRY(const db::Rows rows, connection_->execute(sql, {id_}));
  return rows.scalar().integer(-1) == static_cast<std::int64_t>(batch_);
}

BatchWriter::Tried BatchWriter::write(std::span<const Backlog::Entry> batch) {
  if (auto ready = make_ready(); !ready) return {base::Fail(ready.error()), true};
  if (commit_unknown_) {
    const auto there = was_written();
    if (!there) return {base::Fail(there.error()), true};
    commit_unknown_ = false;
    if (*there) return {};
  }
  return write_transaction(batch);
}

BatchWriter::Tried BatchWriter::failed(base::Error error) const {
  const bool outage = db::is_outage(connection_->last_failure().cause);
  return {base::Fail(std::move(error)), outage};
}

BatchWriter::Tried BatchWriter::write_transaction(std::span<const Backlog::Entry> batch) {
  auto transaction = db::Transaction::begin(*connection_);
  if (!transaction) return {base::Fail(transaction.error()), true};
  ++batch_;
  const auto numbered =
      connection_->execute("UPDATE store_writers SET batch = ?, at_ms = ? WHERE id = ?",
                           {static_cast<std::int64_t>(batch_), wall_ms_(), id_});
  if (!numbered) return {base::Fail(numbered.error()), true};
  if (numbered->changed != 1) {
    announced_ = false;
    return {base::fail(base::Errc::conflict, "somebody deleted the writer's row"), true};
  }
  for (const Backlog::Entry& entry : batch) {
    for (const Statement& statement : entry.write.statements) {
      if (auto tried = execute(statement); !tried.result) return tried;
    }
  }
  auto committed = transaction->commit();
  if (committed) return {};
  const db::Cause cause = connection_->last_failure().cause;
  commit_unknown_ =
      cause == db::Cause::lost || cause == db::Cause::timeout || cause == db::Cause::io;
  return failed(std::move(committed).error());
}

BatchWriter::Tried BatchWriter::execute(const Statement& statement) {
  auto rows = connection_->execute(statement.sql, statement.parameters);
  if (!rows) return failed(std::move(rows).error());
  if (rows->changed == 0 && !statement.absent.empty()) {
    return {base::fail(base::Errc::not_found, std::string(statement.absent)), false};
  }
  return {};
}

base::Result<std::int64_t> BatchWriter::run(const Statement& statement) {
  WEIR_CHECK(make_ready());
  WEIR_TRY(const db::Rows rows, connection_->execute(statement.sql, statement.parameters));
  return rows.changed;
}

}  // namespace weir::store
