#include "db/target.hpp"

#include <libpq-fe.h>

#include <fmt/format.h>

#include <memory>

namespace weir::db {
namespace {

constexpr std::string_view kForms =
    "write sqlite:PATH, postgres://user@host:port/database, or host=… dbname=… user=…";

using Words = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

Words words_of(const std::string& text) {
  // libpq's message is not asked for: it repeats pieces of the text, and they may be a password's.
  return Words(PQconninfoParse(text.c_str(), nullptr), &PQconninfoFree);
}

std::string_view word(const Words& words, std::string_view keyword) {
  for (const auto* each = words.get(); each != nullptr && each->keyword != nullptr; ++each) {
    if (keyword == each->keyword && each->val != nullptr) return each->val;
  }
  return {};
}

base::Result<Target> sqlite_target(std::string_view path) {
  if (path.starts_with("//")) path.remove_prefix(2);  // sqlite:///var/x.db, sqlite://x.db
  if (path.empty()) {
    return base::fail(base::Errc::invalid_argument, "sqlite: needs a path, as in sqlite:weir.db");
  }
  if (path.find('?') != std::string_view::npos || path.find('\0') != std::string_view::npos) {
    return base::fail(base::Errc::invalid_argument,
                      "a sqlite: path takes no options: leave out the question mark");
  }
  return Target{Dialect::sqlite, std::string(path)};
}

}  // namespace

base::Result<Target> parse_target(std::string_view text) {
  if (text.starts_with("sqlite:")) return sqlite_target(text.substr(7));
  const bool is_url = text.starts_with("postgres://") || text.starts_with("postgresql://");
  if (!is_url && text.find('=') == std::string_view::npos) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("this names no database; {}", kForms));
  }
  Target target{Dialect::postgresql, std::string(text)};
  if (text.find('\0') != std::string_view::npos || !words_of(target.where)) {
    return base::fail(
        base::Errc::invalid_argument,
        fmt::format(
            "libpq cannot read the connection string (not shown: it may hold a password); {}; "
            "in a URL write @ : / ? of a password as %40 %3A %2F %3F",
            kForms));
  }
  return target;
}

std::string describe(const Target& target) {
  if (target.dialect == Dialect::sqlite) return fmt::format("SQLite file {}", target.where);
  const Words words = words_of(target.where);
  const auto or_default = [](std::string_view value, std::string_view fallback) {
    return value.empty() ? fallback : value;
  };
  const std::string_view user = word(words, "user");
  std::string_view database = or_default(word(words, "dbname"), "(default database)");
  // libpq takes a whole connection string as dbname, password included.
  if (database.find_first_of("=:") != std::string_view::npos) database = "(not shown)";
  return fmt::format("PostgreSQL {} at {}:{}{}{}", database,
                     or_default(word(words, "host"), "(default host)"),
                     or_default(word(words, "port"), "5432"), user.empty() ? "" : " as ", user);
}

}  // namespace weir::db
