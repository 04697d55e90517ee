#pragma once
// PgConnection: one session of a PostgreSQL server through libpq's calls that do not block, each
// waited for with a deadline. db::connect() makes it.

#include "base/deadline.hpp"
#include "db/connection.hpp"
#include "db/pg_value.hpp"
#include "db/statement_cache.hpp"

struct pg_conn;
struct pg_result;

namespace weir::db {

class PgConnection final : public Connection {
 public:
  static base::Result<std::unique_ptr<Connection>> open(const Target& target,
                                                        const ConnectOptions& options);
  ~PgConnection() override;

  Dialect dialect() const noexcept override { return Dialect::postgresql; }
  bool usable() noexcept override;
  std::size_t statements() const noexcept override { return cache_.size(); }

 private:
  PgConnection(pg_conn* handle, const ConnectOptions& options)
      : handle_(handle), options_(options), cache_(options.statements_max) {}

  base::Result<Rows> run(std::string_view sql, std::span<const Value> parameters) override;
  bool inside_transaction() const noexcept override;

  // pg_connect.cpp
  base::Result<void> finish_connecting(base::Deadline until);
  base::Fail connect_failed();
  base::Result<void> set_up();

  base::Result<std::string> prepared(const std::string& key, const Numbered& text,
                                     const PgParameters& parameters);
  base::Result<Rows> collect(base::Deadline until);
  base::Result<pg_result*> next_result(base::Deadline until);
  base::Result<void> wait(short events, base::Deadline until);
  base::Result<void> flush(base::Deadline until);
  base::Fail give_up(std::string_view message);
  base::Fail failed_with(const pg_result* result);
  base::Deadline statement_deadline() const noexcept;

  pg_conn* handle_;
  const ConnectOptions options_;
  StatementCache<std::string> cache_;  // text and parameter types → the statement's name
  unsigned statement_number_ = 0;
  bool lost_ = false;
};

}  // namespace weir::db
