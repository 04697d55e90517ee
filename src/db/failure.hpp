#pragma once
// Failure: why a statement failed, as a class the caller can act on, with the database's own code.
// An Error for people is made of it; nobody reads the Error's text to find the class again.
//
//   cause          Errc              retry   what it means for the caller
//   unique         conflict          never   a row with this key exists
//   constraint     conflict          never   NOT NULL, CHECK, foreign key
//   serialization  conflict          safe    repeat the whole transaction
//   busy           overloaded        safe    another writer holds the file or the row
//   full           overloaded        never   no space, or a limit of the server
//   io             system            never   reading or writing the disk failed
//   lost           reset             (1)     the connection is gone
//   unreachable    unreachable       safe    no connection could be made
//   denied         refused           never   password, or a right that is missing
//   timeout        deadline          never   the statement took longer than it may
//   misuse         invalid_argument  never   a statement or a value that cannot be right
//   missing        not_found         never   a table, column or database that is not there
//   corrupt        bad_message       never   the file is not a database, or damaged
//   other          system            never
// (1) safe inside a transaction that was not being committed; else never: it may have taken effect.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace weir::db {

enum class Cause : std::uint8_t {
  none,
  unique,
  constraint,
  serialization,
  busy,
  full,
  io,
  lost,
  unreachable,
  denied,
  timeout,
  misuse,
  missing,
  corrupt,
  other,
};

struct Failure {
  Cause cause = Cause::none;
  std::string code;  ///< "23505", "SQLITE_BUSY"; empty when the database had no say
};

std::string_view name(Cause cause) noexcept;

/// The database is not as it should be (gone, full, locked, a table missing): the same statement
/// may succeed later. Otherwise it is this statement, with these values, that cannot succeed.
bool is_outage(Cause cause) noexcept;

/// Of PostgreSQL's five characters. Source: its manual, appendix A.
Cause cause_of_sqlstate(std::string_view sqlstate) noexcept;

/// "message (code): what to do".
base::Error to_error(const Failure& failure, std::string_view message);

}  // namespace weir::db
