#include "db/sqlite_connection.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>

namespace weir::db {
namespace {

// Virtual machine steps between two looks at the clock: about a tenth of a millisecond.
constexpr int kStepsPerLook = 10'000;
// The log file shrinks to this after a checkpoint that followed a burst.
constexpr const char* kLogBytesMax = "PRAGMA journal_size_limit=16777216";

Cause cause_of_result(int code) noexcept {
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return Cause::unique;
    default:
      break;
  }
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return Cause::constraint;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Cause::busy;
    case SQLITE_FULL:
      return Cause::full;
    case SQLITE_IOERR:
      return Cause::io;
    case SQLITE_CANTOPEN:
      return Cause::unreachable;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Cause::denied;
    case SQLITE_INTERRUPT:
      return Cause::timeout;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Cause::corrupt;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
      return Cause::misuse;
    default:
      return Cause::other;
  }
}

std::string name_of_result(int code) {
  static constexpr const char* kNames[] = {
      "OK",       "ERROR",    "INTERNAL",  "PERM",   "ABORT",   "BUSY",       "LOCKED",
      "NOMEM",    "READONLY", "INTERRUPT", "IOERR",  "CORRUPT", "NOTFOUND",   "FULL",
      "CANTOPEN", "PROTOCOL", "EMPTY",     "SCHEMA", "TOOBIG",  "CONSTRAINT", "MISMATCH",
      "MISUSE",   "NOLFS",    "AUTH",      "FORMAT", "RANGE",   "NOTADB"};
  const int primary = code & 0xff;
  const std::string extended = primary == code ? "" : fmt::format(" {}", code);
  if (primary < static_cast<int>(std::size(kNames))) {
    return fmt::format("SQLITE_{}{}", kNames[primary], extended);
  }
  return fmt::format("SQLITE {}", code);
}

int whole_ms(base::Duration duration) {
  return static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

Value column_value(sqlite3_stmt* statement, int column) {
  const auto bytes = [&](const void* start) {
    return std::string(static_cast<const char*>(start),
                       static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
  };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return Value(static_cast<std::int64_t>(sqlite3_column_int64(statement, column)));
    case SQLITE_FLOAT:
      return Value(sqlite3_column_double(statement, column));
    case SQLITE_TEXT:
      return Value(bytes(sqlite3_column_text(statement, column)));
    case SQLITE_BLOB: {
      const void* start = sqlite3_column_blob(statement, column);
      return Value(Blob{start == nullptr ? std::string() : bytes(start)});
    }
    default:
      return {};
  }
}

int bind_one(sqlite3_stmt* statement, int place, const Value& value) {
  switch (value.type()) {
    case Value::Type::null:
      return sqlite3_bind_null(statement, place);
    case Value::Type::integer:
      return sqlite3_bind_int64(statement, place, value.integer());
    case Value::Type::real:
      return sqlite3_bind_double(statement, place, value.real());
    case Value::Type::text:
      return sqlite3_bind_text64(statement, place, value.text().data(), value.text().size(),
                                 SQLITE_STATIC, SQLITE_UTF8);
    case Value::Type::blob:
      break;
  }
  const std::string_view blob = value.blob();
  if (blob.empty()) return sqlite3_bind_zeroblob(statement, place, 0);
  return sqlite3_bind_blob64(statement, place, blob.data(), blob.size(), SQLITE_STATIC);
}

// SQLite would make the file readable for all; it holds password hashes.
base::Result<void> make_file(const std::string& path, bool read_only) {
  const int flags = O_RDWR | O_CLOEXEC | (read_only ? 0 : O_CREAT);
  const int file = ::open(path.c_str(), flags, 0600);
  if (file >= 0) {
    ::close(file);
    return {};
  }
  const int number = errno;
  const auto folder = std::filesystem::path(path).parent_path().string();
  std::error_code ignored;
  if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
    return base::Fail(to_error({Cause::unreachable, {}},
                               fmt::format("the folder {} of the database is not there", folder)));
  }
  const auto system_error = base::Error::from_errno(number, path);
  const Cause cause = number == EACCES || number == EROFS || number == EPERM ? Cause::denied
                      : number == ENOSPC                                     ? Cause::full
                                                                             : Cause::unreachable;
  return base::Fail(to_error({cause, {}}, system_error.detail()));
}

}  // namespace

base::Result<std::unique_ptr<Connection>> SqliteConnection::open(const std::string& path,
                                                                 const ConnectOptions& options) {
  const bool in_memory = path == ":memory:";
  if (!in_memory) {
    WEIR_CHECK(make_file(path, options.read_only));
  }
  sqlite3* handle = nullptr;
  // A read-only session still opens the file for writing: the write-ahead log needs its index.
  const int opened = sqlite3_open_v2(
      path.c_str(), &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (in_memory ? SQLITE_OPEN_CREATE : 0), nullptr);
  if (handle == nullptr) return base::fail(base::Errc::system, "SQLite gave no handle");
  std::unique_ptr<SqliteConnection> made(new SqliteConnection(handle, options));
  if (opened != SQLITE_OK) return made->failed_with(sqlite3_extended_errcode(handle));
  if (!in_memory) {
    made->path_ = path;
    struct stat found{};
    if (::stat(path.c_str(), &found) == 0) {
      made->device_ = found.st_dev;
      made->inode_ = found.st_ino;
    }
  }
  if (auto ready = made->set_up(in_memory); !ready) {
    return base::Fail(ready.error().with_context(path));
  }
  return made;
}

SqliteConnection::~SqliteConnection() {
  cache_.drain([](sqlite3_stmt* statement) { sqlite3_finalize(statement); });
  sqlite3_close_v2(handle_);
}

base::Result<void> SqliteConnection::pragma(const char* sql) {
  const int done = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (done != SQLITE_OK) return failed_with(sqlite3_extended_errcode(handle_));
  return {};
}

base::Result<void> SqliteConnection::set_up(bool in_memory) {
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, whole_ms(options_.busy_timeout));
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  if (!in_memory) {
    const auto mode = run("PRAGMA journal_mode=WAL", {});
    if (!mode) return base::Fail(mode.error());
    if (mode->scalar().text() != "wal") {
      return failed({Cause::io, {}},
                    "SQLite cannot use its write-ahead log here; put the file on a local disk");
    }
    WEIR_CHECK(pragma(kLogBytesMax));
  }
  // FULL: a commit that was reported is on the disk (weaker settings were measured and win nothing
  // once writes come in batches, ADR 0004).
  WEIR_CHECK(pragma("PRAGMA synchronous=FULL"));
  WEIR_CHECK(pragma("PRAGMA foreign_keys=ON"));
  if (options_.read_only) {
    WEIR_CHECK(pragma("PRAGMA query_only=ON"));
  }
  sqlite3_progress_handler(handle_, kStepsPerLook, &SqliteConnection::check_time, this);
  return {};
}

int SqliteConnection::check_time(void* self) noexcept {
  return base::real_now() > static_cast<SqliteConnection*>(self)->statement_ends_ ? 1 : 0;
}

bool SqliteConnection::usable() noexcept {
  if (broken_) return false;
  if (path_.empty()) return true;
  // Somebody moved or replaced the file: what is written through this handle would be lost.
  struct stat found{};
  return ::stat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_;
}

bool SqliteConnection::inside_transaction() const noexcept {
  return sqlite3_get_autocommit(handle_) == 0;
}

base::Fail SqliteConnection::failed_with(int result_code) {
  const Cause cause = cause_of_result(result_code);
  if (cause == Cause::io || cause == Cause::corrupt) broken_ = true;
  const std::string message = sqlite3_errmsg(handle_);
  // SQLite has no code of its own for a name that is not there.
  const bool missing = cause == Cause::misuse && message.starts_with("no such ");
  return failed({missing ? Cause::missing : cause, name_of_result(result_code)}, message);
}

base::Result<sqlite3_stmt*> SqliteConnection::compile(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int length = static_cast<int>(sql.size());
  if (sqlite3_prepare_v3(handle_, sql.data(), length, SQLITE_PREPARE_PERSISTENT, &statement,
                         &tail) != SQLITE_OK) {
    return failed_with(sqlite3_extended_errcode(handle_));
  }
  if (statement == nullptr) return failed({Cause::misuse, {}}, "the statement is empty");
  sqlite3_stmt* second = nullptr;
  const auto rest = sql.data() + sql.size() - tail;
  const int more = sqlite3_prepare_v3(handle_, tail, static_cast<int>(rest), 0, &second, nullptr);
  sqlite3_finalize(second);
  if (more != SQLITE_OK || second != nullptr) {
    sqlite3_finalize(statement);
    return failed({Cause::misuse, {}}, "more than one statement at once");
  }
  return statement;
}

base::Result<sqlite3_stmt*> SqliteConnection::prepared(std::string_view sql) {
  if (auto** found = cache_.find(sql)) return *found;
  WEIR_TRY(sqlite3_stmt * statement, compile(sql));
  if (const auto evicted = cache_.put(std::string(sql), statement)) sqlite3_finalize(*evicted);
  return statement;
}

base::Result<void> SqliteConnection::bind(sqlite3_stmt* statement,
                                          std::span<const Value> parameters) {
  const int wanted = sqlite3_bind_parameter_count(statement);
  if (static_cast<std::size_t>(wanted) != parameters.size()) {
    return failed({Cause::misuse, {}}, fmt::format("the statement has {} parameters, {} were given",
                                                   wanted, parameters.size()));
  }
  for (int i = 0; i < wanted; ++i) {
    const int bound = bind_one(statement, i + 1, parameters[static_cast<std::size_t>(i)]);
    if (bound != SQLITE_OK) return failed_with(bound);
  }
  return {};
}

base::Result<Rows> SqliteConnection::step_all(sqlite3_stmt* statement) {
  Rows out;
  const auto changes_before = sqlite3_total_changes64(handle_);
  std::size_t bytes = 0;
  for (bool first = true;; first = false) {
    const int stepped = sqlite3_step(statement);
    // Only now: the first step compiles the statement anew when the table has changed.
    const int columns = sqlite3_column_count(statement);
    for (int i = 0; first && i < columns; ++i) {
      out.columns.emplace_back(sqlite3_column_name(statement, i));
    }
    if (stepped == SQLITE_DONE) break;
    if (stepped != SQLITE_ROW) return failed_with(sqlite3_extended_errcode(handle_));
    Row row;
    row.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i)
      bytes += size_of(row.emplace_back(column_value(statement, i)));
    out.rows.push_back(std::move(row));
    if (out.rows.size() > options_.rows_max || bytes > options_.result_bytes_max) {
      return failed({Cause::misuse, {}}, "the result is too large; ask for it in pages");
    }
  }
  // changes64() keeps the number of the last statement that changed something.
  if (sqlite3_total_changes64(handle_) != changes_before) {
    out.changed = sqlite3_changes64(handle_);
  }
  return out;
}

base::Result<Rows> SqliteConnection::run(std::string_view sql, std::span<const Value> parameters) {
  statement_ends_ = base::Deadline::after(base::real_now(), options_.statement_timeout).at();
  WEIR_TRY(sqlite3_stmt * statement, prepared(sql));
  auto rows = base::Result<Rows>();
  if (const auto bound = bind(statement, parameters); !bound) {
    rows = base::Fail(bound.error());
  } else {
    rows = step_all(statement);
  }
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
  return rows;
}

}  // namespace weir::db
