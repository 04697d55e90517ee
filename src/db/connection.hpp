#pragma once
// Connection: one session of a database, the same for SQLite and PostgreSQL.
//
// Invariants
//  1. One statement an execute(); values are parameters, never text of the statement.
//  2. A statement that fails inside a transaction fails the transaction, in both databases: only
//     rolling back is possible then.
//  3. Transactions are opened by Transaction alone; BEGIN and COMMIT as text are refused.
//  4. Every call ends: connecting, statements and waiting for locks have time limits.
//  5. Nothing throws. Text is UTF-8 without NUL and numbers are numbers, or the value is refused:
//     what one database would take and the other not never gets in.
// Blocks; not for a lane's thread (db/pool hands work to threads that may wait). Not shared between
// threads, but may move from one to another.

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "db/dialect.hpp"
#include "db/failure.hpp"
#include "db/target.hpp"
#include "db/value.hpp"

namespace weir::db {

struct ConnectOptions {
  base::Duration connect_timeout = std::chrono::seconds(5);
  base::Duration statement_timeout = std::chrono::seconds(10);
  /// SQLite: how long to wait for another process that writes.
  base::Duration busy_timeout = std::chrono::seconds(5);
  /// Prepared statements kept; the one used longest ago goes first.
  std::size_t statements_max = 64;
  /// A result above either bound is an error: pages are for that.
  std::size_t rows_max = 100'000;
  std::size_t result_bytes_max = std::size_t{64} << 20;
  /// The session cannot write.
  bool read_only = false;
};

class Connection {
 public:
  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs one statement. `?` stands for a parameter.
  /// Fails: as failure.hpp says; last_failure() has the class. Nothing is changed then, except that
  /// a statement outside a transaction whose connection is lost may have taken effect, and one that
  /// changes rows has when only its result is too large.
  base::Result<Rows> execute(std::string_view sql, std::span<const Value> parameters);
  base::Result<Rows> execute(std::string_view sql, std::initializer_list<Value> parameters = {}) {
    return execute(sql, std::span<const Value>(parameters.begin(), parameters.size()));
  }

  virtual Dialect dialect() const noexcept = 0;
  /// False once the connection is lost; a new one has to be made. Notices a server that closed an
  /// idle connection. Cost: a few system calls that do not wait.
  virtual bool usable() noexcept = 0;
  bool in_transaction() const noexcept { return phase_ != Phase::none; }
  /// Of the statement that failed last.
  const Failure& last_failure() const noexcept { return last_failure_; }
  /// Prepared statements held now.
  virtual std::size_t statements() const noexcept = 0;

 protected:
  Connection() = default;

  virtual base::Result<Rows> run(std::string_view sql, std::span<const Value> parameters) = 0;
  /// What the database thinks.
  virtual bool inside_transaction() const noexcept = 0;

  /// Notes the failure and makes the Error of it.
  base::Fail failed(Failure failure, std::string_view message);

 private:
  friend class Transaction;
  enum class Phase : std::uint8_t { none, open, failed };

  base::Result<void> begin();
  base::Result<void> commit();
  void roll_back() noexcept;
  base::Result<void> check(std::span<const Value> parameters);
  base::Result<Rows> refuse_transaction_words();

  Phase phase_ = Phase::none;
  Failure last_failure_;
};

/// Opens a session. SQLite: makes the file (mode 0600) unless read_only; write-ahead log, full
/// synchronisation, foreign keys on. Fails: unreachable, refused, not_found, deadline, bad_message.
/// Blocks: at most connect_timeout, and as long as the system's name look-up takes.
base::Result<std::unique_ptr<Connection>> connect(const Target& target,
                                                  const ConnectOptions& options = {});

}  // namespace weir::db
