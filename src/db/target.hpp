#pragma once
// Target: which database, from what a person wrote.
//
//   sqlite:PATH                     a file; it is made when it is not there
//   sqlite::memory:                 lives as long as its connection; for tests
//   postgres://user@host/database   or postgresql://…, as libpq reads it
//   host=… dbname=…                 libpq's words
// A target can hold a password: only describe() may be shown.

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "db/dialect.hpp"

namespace weir::db {

struct Target {
  Dialect dialect = Dialect::sqlite;
  std::string where;  ///< a path, or what libpq reads
};

/// Fails: invalid_argument, with the forms above. The error never repeats the text.
base::Result<Target> parse_target(std::string_view text);

/// "SQLite file x.db", "PostgreSQL weir at db.example:5432". Never a password.
std::string describe(const Target& target);

}  // namespace weir::db
