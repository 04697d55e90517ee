#pragma once
// SqliteConnection: one handle of a SQLite file. db::connect() makes it.

#include <sys/types.h>

#include "base/deadline.hpp"
#include "db/connection.hpp"
#include "db/statement_cache.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace weir::db {

class SqliteConnection final : public Connection {
 public:
  static base::Result<std::unique_ptr<Connection>> open(const std::string& path,
                                                        const ConnectOptions& options);
  ~SqliteConnection() override;

  Dialect dialect() const noexcept override { return Dialect::sqlite; }
  bool usable() noexcept override;
  std::size_t statements() const noexcept override { return cache_.size(); }

 private:
  SqliteConnection(sqlite3* handle, const ConnectOptions& options)
      : handle_(handle), options_(options), cache_(options.statements_max) {}

  base::Result<Rows> run(std::string_view sql, std::span<const Value> parameters) override;
  bool inside_transaction() const noexcept override;

  base::Result<void> set_up(bool in_memory);
  base::Result<void> pragma(const char* sql);
  base::Result<sqlite3_stmt*> prepared(std::string_view sql);
  base::Result<sqlite3_stmt*> compile(std::string_view sql);
  base::Result<void> bind(sqlite3_stmt* statement, std::span<const Value> parameters);
  base::Result<Rows> step_all(sqlite3_stmt* statement);
  base::Fail failed_with(int result_code);
  static int check_time(void* self) noexcept;

  sqlite3* handle_;
  const ConnectOptions options_;
  StatementCache<sqlite3_stmt*> cache_;
  base::Time statement_ends_ = base::kNever;
  bool broken_ = false;  ///< an I/O error: the handle is not trusted any more
  dev_t device_ = 0;     ///< with inode_: the file this handle has open
  ino_t inode_ = 0;
  std::string path_;  ///< empty when in memory
};

}  // namespace weir::db
