#include "db/connection.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/utf8.hpp"
#include "db/pg_connection.hpp"
#include "db/sqlite_connection.hpp"

namespace weir::db {

base::Fail Connection::failed(Failure failure, std::string_view message) {
  base::Error error = to_error(failure, message);
  last_failure_ = std::move(failure);
  return base::Fail(std::move(error));
}

base::Result<Rows> Connection::execute(std::string_view sql, std::span<const Value> parameters) {
  if (phase_ == Phase::failed) {
    return base::fail(base::Errc::conflict,
                      "a statement of this transaction failed before; roll back and begin again");
  }
  base::Result<Rows> rows = Rows{};
  if (const auto checked = check(parameters); !checked) {
    rows = base::Fail(checked.error());
  } else {
    rows = run(sql, parameters);
    if (rows && inside_transaction() != in_transaction()) rows = refuse_transaction_words();
  }
  if (!rows && phase_ == Phase::open) {
    phase_ = Phase::failed;
    if (last_failure_.cause == Cause::lost) rows.error().with_retry(base::Retry::safe);
  }
  return rows;
}

base::Result<void> Connection::check(std::span<const Value> parameters) {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Value& value = parameters[i];
    if (value.type() == Value::Type::real && std::isnan(value.real())) {
      return failed({Cause::misuse, {}}, fmt::format("parameter {} is not a number (NaN)", i + 1));
    }
    const std::string_view text = value.text();
    if (text.find('\0') != std::string_view::npos || !base::is_utf8(text)) {
      return failed(
          {Cause::misuse, {}},
          fmt::format("parameter {} is not UTF-8 text without NUL; bytes go as a blob", i + 1));
    }
  }
  return {};
}

base::Result<Rows> Connection::refuse_transaction_words() {
  if (inside_transaction()) static_cast<void>(run("ROLLBACK", {}));
  return failed({Cause::misuse, {}},
                "transactions are begun and ended by db::Transaction, not by a statement");
}

base::Result<void> Connection::begin() {
  if (in_transaction()) {
    return base::fail(base::Errc::conflict, "a transaction is open on this connection already");
  }
  const auto begun = run(dialect() == Dialect::sqlite ? "BEGIN IMMEDIATE" : "BEGIN", {});
  if (!begun) return base::Fail(begun.error());
  phase_ = Phase::open;
  return {};
}

base::Result<void> Connection::commit() {
  if (phase_ == Phase::failed || !inside_transaction()) {
    roll_back();
    return base::fail(base::Errc::conflict,
                      "the transaction was rolled back: a statement in it failed");
  }
  const auto committed = run("COMMIT", {});
  if (committed) {
    phase_ = Phase::none;
    return {};
  }
  base::Error error = committed.error();
  const Failure failure = last_failure_;
  roll_back();
  last_failure_ = failure;
  if (failure.cause == Cause::lost || failure.cause == Cause::timeout ||
      failure.cause == Cause::io) {
    error.with_context("whether the transaction took effect is not known");
  }
  return base::Fail(std::move(error));
}

void Connection::roll_back() noexcept {
  phase_ = Phase::none;
  if (usable() && inside_transaction()) static_cast<void>(run("ROLLBACK", {}));
}

base::Result<std::unique_ptr<Connection>> connect(const Target& target,
                                                  const ConnectOptions& options) {
  if (target.dialect == Dialect::sqlite) return SqliteConnection::open(target.where, options);
  return PgConnection::open(target, options);
}

}  // namespace weir::db
