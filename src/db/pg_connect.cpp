// Making a PostgreSQL session: libpq's connection parameters, its state machine with a deadline,
// and the settings of the session.

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <chrono>

#include "db/pg_connection.hpp"

namespace weir::db {
namespace {

// "FATAL:  28P01: password authentication failed": libpq has no other way to tell the code of a
// refused connection, and only when it is asked to be verbose.
std::string sqlstate_in(std::string_view message) {
  // Every code has a digit, which sets it apart from a severity such as FATAL.
  const auto is_state = [](std::string_view word) {
    constexpr std::string_view kDigits = "0123456789";
    return word.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == word.npos &&
           word.find_first_of(kDigits) != word.npos;
  };
  for (std::size_t colon = message.find(": "); colon != std::string_view::npos;
       colon = message.find(": ", colon + 1)) {
    if (colon >= 5 && is_state(message.substr(colon - 5, 5))) {
      return std::string(message.substr(colon - 5, 5));
    }
  }
  return {};
}

// One line, without the server's source position.
std::string first_line(std::string_view message) {
  return std::string(message.substr(0, message.find('\n')));
}

}  // namespace

base::Result<std::unique_ptr<Connection>> PgConnection::open(const Target& target,
                                                             const ConnectOptions& options) {
  // What the person wrote wins; `dbname` takes a whole connection string.
  const char* keywords[] = {"fallback_application_name", "dbname", "client_encoding", nullptr};
  const char* values[] = {"weir", target.where.c_str(), "UTF8", nullptr};
  pg_conn* handle = PQconnectStartParams(keywords, values, 1);
  if (handle == nullptr) return base::fail(base::Errc::system, "libpq gave no connection");
  std::unique_ptr<PgConnection> made(new PgConnection(handle, options));
  PQsetErrorVerbosity(handle, PQERRORS_VERBOSE);
  PQsetNoticeProcessor(handle, [](void*, const char*) {}, nullptr);
  const auto until = base::Deadline::after(base::real_now(), options.connect_timeout);
  auto ready = made->finish_connecting(until);
  if (ready) ready = made->set_up();
  if (!ready) return base::Fail(ready.error().with_context(describe(target)));
  return made;
}

base::Fail PgConnection::connect_failed() {
  lost_ = true;
  const std::string_view message = PQerrorMessage(handle_);
  Failure failure{Cause::unreachable, sqlstate_in(message)};
  if (!failure.code.empty()) failure.cause = cause_of_sqlstate(failure.code);
  if (failure.cause == Cause::lost) failure.cause = Cause::unreachable;
  return failed(std::move(failure), first_line(message));
}

base::Result<void> PgConnection::finish_connecting(base::Deadline until) {
  PostgresPollingStatusType waiting = PGRES_POLLING_WRITING;
  if (PQstatus(handle_) == CONNECTION_BAD) return connect_failed();
  for (;;) {
    const auto ready = wait(waiting == PGRES_POLLING_READING ? POLLIN : POLLOUT, until);
    if (!ready) {
      return failed({Cause::unreachable, {}},
                    fmt::format("no connection within {} ms",
                                std::chrono::duration_cast<std::chrono::milliseconds>(
                                    options_.connect_timeout)
                                    .count()));
    }
    waiting = PQconnectPoll(handle_);
    if (waiting == PGRES_POLLING_OK) return {};
    if (waiting == PGRES_POLLING_FAILED) return connect_failed();
  }
}

base::Result<void> PgConnection::set_up() {
  PQsetErrorVerbosity(handle_, PQERRORS_DEFAULT);
  if (PQsetnonblocking(handle_, 1) != 0) return connect_failed();
  const auto ms = [](base::Duration duration) {
    return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
  };
  // The server ends what takes too long; our own deadline is a little later and only for a server
  // that no longer answers.
  const std::string timeout = ms(options_.statement_timeout);
  const Value settings[] = {timeout, ms(options_.statement_timeout * 3),
                            options_.read_only ? "on" : "off"};
  const auto set =
      run("SELECT set_config('statement_timeout', ?::text, false),"
          " set_config('idle_in_transaction_session_timeout', ?::text, false),"
          " set_config('default_transaction_read_only', ?::text, false),"
          " set_config('standard_conforming_strings', 'on', false)",
          settings);
  if (!set) return base::Fail(set.error());
  return {};
}

}  // namespace weir::db
