#include "db/pg_connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace weir::db {
namespace {

// How much longer than the server's own limit we wait for its answer.
constexpr base::Duration kServerGrace = std::chrono::seconds(2);

class ResultOwner {
 public:
  explicit ResultOwner(pg_result* result) : result_(result) {}
  ~ResultOwner() { PQclear(result_); }
  ResultOwner(const ResultOwner&) = delete;
  ResultOwner& operator=(const ResultOwner&) = delete;
  pg_result* get() const noexcept { return result_; }

 private:
  pg_result* result_;
};

std::string_view field(const pg_result* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? std::string_view() : std::string_view(text);
}

// "INSERT 0 3": of commands that change rows only; a SELECT's count is the size of its result.
std::int64_t changed_rows(pg_result* result) {
  const std::string_view command = PQcmdStatus(result);
  if (command.starts_with("SELECT") || command.starts_with("FETCH")) return 0;
  return pg_value(20, PQcmdTuples(result)).integer();
}

std::size_t append_rows(Rows& out, const pg_result* result) {
  std::size_t bytes = 0;
  const int columns = PQnfields(result);
  if (out.columns.empty()) {
    for (int i = 0; i < columns; ++i) out.columns.emplace_back(PQfname(result, i));
  }
  for (int r = 0; r < PQntuples(result); ++r) {
    Row row;
    row.reserve(static_cast<std::size_t>(columns));
    for (int c = 0; c < columns; ++c) {
      Value value;
      if (PQgetisnull(result, r, c) == 0) {
        value = pg_value(PQftype(result, c), {PQgetvalue(result, r, c),
                                              static_cast<std::size_t>(PQgetlength(result, r, c))});
      }
      bytes += size_of(row.emplace_back(std::move(value)));
    }
    out.rows.push_back(std::move(row));
  }
  return bytes;
}

}  // namespace

PgConnection::~PgConnection() { PQfinish(handle_); }

bool PgConnection::inside_transaction() const noexcept {
  const auto state = PQtransactionStatus(handle_);
  return state == PQTRANS_INTRANS || state == PQTRANS_INERROR;
}

bool PgConnection::usable() noexcept {
  if (lost_ || PQstatus(handle_) != CONNECTION_OK) return false;
  // Readable while nothing was asked: notices, or the server's farewell and then the end. One read
  // takes a buffer full, so a few rounds see the end.
  for (int round = 0; round < 8; ++round) {
    pollfd waited{PQsocket(handle_), POLLIN, 0};
    if (::poll(&waited, 1, 0) != 1) break;
    if (PQconsumeInput(handle_) == 0) {
      lost_ = true;
      break;
    }
  }
  return !lost_ && PQstatus(handle_) == CONNECTION_OK;
}

base::Deadline PgConnection::statement_deadline() const noexcept {
  return base::Deadline::after(base::real_now(), options_.statement_timeout + kServerGrace);
}

// The connection cannot be used further: what the server still sends belongs to the old statement.
base::Fail PgConnection::give_up(std::string_view message) {
  lost_ = true;
  return failed({Cause::lost, {}}, message);
}

base::Fail PgConnection::failed_with(const pg_result* result) {
  const std::string_view state = field(result, PG_DIAG_SQLSTATE);
  if (PQstatus(handle_) == CONNECTION_BAD) lost_ = true;
  if (state.empty()) return give_up(PQerrorMessage(handle_));
  Cause cause = cause_of_sqlstate(state);
  if (lost_) cause = Cause::lost;
  if (cause == Cause::lost) lost_ = true;
  std::string message(field(result, PG_DIAG_MESSAGE_PRIMARY));
  const std::string_view detail = field(result, PG_DIAG_MESSAGE_DETAIL);
  if (!detail.empty()) message += fmt::format(": {}", detail);
  return failed({cause, std::string(state)}, message);
}

base::Result<void> PgConnection::wait(short events, base::Deadline until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        std::min(until.left(base::real_now()), base::Duration(std::chrono::hours(1))));
    pollfd waited{PQsocket(handle_), events, 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(left.count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return give_up("waiting for the server failed");
    if (until.expired(base::real_now())) return give_up("the server does not answer");
  }
}

base::Result<void> PgConnection::flush(base::Deadline until) {
  for (;;) {
    const int left = PQflush(handle_);
    if (left == 0) return {};
    if (left < 0) return give_up(PQerrorMessage(handle_));
    WEIR_CHECK(wait(POLLIN | POLLOUT, until));
    // A server that answers before it has read all would otherwise wait for us, and we for it.
    if (PQconsumeInput(handle_) == 0) return give_up(PQerrorMessage(handle_));
  }
}

base::Result<pg_result*> PgConnection::next_result(base::Deadline until) {
  while (PQisBusy(handle_) != 0) {
    WEIR_CHECK(wait(POLLIN, until));
    if (PQconsumeInput(handle_) == 0) return give_up(PQerrorMessage(handle_));
  }
  return PQgetResult(handle_);
}

base::Result<Rows> PgConnection::collect(base::Deadline until) {
  WEIR_CHECK(flush(until));
  base::Result<Rows> out = Rows{};
  std::size_t bytes = 0;
  for (;;) {
    WEIR_TRY(pg_result * given, next_result(until));
    if (given == nullptr) return out;
    const ResultOwner owner(given);
    const auto status = PQresultStatus(given);
    if (status == PGRES_EMPTY_QUERY) {
      out = failed({Cause::misuse, {}}, "the statement is empty");
    } else if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK &&
               status != PGRES_SINGLE_TUPLE) {
      out = failed_with(given);
      if (lost_) return out;
    } else if (out) {
      bytes += append_rows(*out, given);
      if (status != PGRES_SINGLE_TUPLE) out->changed = changed_rows(given);
      if (out->rows.size() > options_.rows_max || bytes > options_.result_bytes_max) {
        out = failed({Cause::misuse, {}}, "the result is too large; ask for it in pages");
      }
    }
  }
}

base::Result<std::string> PgConnection::prepared(const std::string& key, const Numbered& text,
                                                 const PgParameters& parameters) {
  if (const auto* found = cache_.find(key)) return *found;
  std::string statement = fmt::format("w{}", ++statement_number_);
  if (PQsendPrepare(handle_, statement.c_str(), text.sql.c_str(), parameters.count(),
                    parameters.types()) == 0) {
    return give_up(PQerrorMessage(handle_));
  }
  const auto done = collect(statement_deadline());
  if (!done) return base::Fail(done.error());
  if (const auto evicted = cache_.put(key, statement)) {
    const std::string close = fmt::format("DEALLOCATE {}", *evicted);
    if (PQsendQuery(handle_, close.c_str()) == 0) return give_up(PQerrorMessage(handle_));
    const auto closed = collect(statement_deadline());
    if (!closed) return base::Fail(closed.error());
  }
  return statement;
}

base::Result<Rows> PgConnection::run(std::string_view sql, std::span<const Value> parameters) {
  if (lost_) return give_up("the connection was lost before");
  const Numbered text = numbered(sql);
  if (static_cast<std::size_t>(text.parameters) != parameters.size()) {
    return failed({Cause::misuse, {}}, fmt::format("the statement has {} parameters, {} were given",
                                                   text.parameters, parameters.size()));
  }
  if (sql.find('\0') != std::string_view::npos) {
    return failed({Cause::misuse, {}}, "the statement contains a NUL");
  }
  const PgParameters carried(parameters);
  const std::string key = fmt::format("{}:{}", carried.signature(), sql);
  WEIR_TRY(const std::string statement, prepared(key, text, carried));
  if (PQsendQueryPrepared(handle_, statement.c_str(), carried.count(), carried.starts(),
                          carried.lengths(), carried.formats(), 0) == 0) {
    return give_up(PQerrorMessage(handle_));
  }
  // Row by row, so that a result above the bound is never held whole.
  PQsetSingleRowMode(handle_);
  auto rows = collect(statement_deadline());
  if (!rows) {
    const std::string& code = last_failure().code;
    // A plan that a migration made wrong, or a pooler that forgot it: prepare anew the next time.
    if (code == "0A000" || code == "26000") static_cast<void>(cache_.take(key));
  }
  return rows;
}

}  // namespace weir::db
