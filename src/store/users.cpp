#include "store/users.hpp"

#include <fmt/format.h>

#include "store/audit.hpp"
#include "store/row_text.hpp"

namespace weir::store {
namespace {

constexpr std::size_t kHashBytesMax = 1024;
constexpr std::string_view kNoUser = "there is no such user; `weir user list` shows them";

base::Result<void> check_hash(std::string_view hash) {
  if (hash.empty() || hash.size() > kHashBytesMax) {
    return base::fail(base::Errc::invalid_argument, "the password's hash is empty or too long");
  }
  return {};
}

std::optional<std::string> quoted(std::optional<Role> role) {
  if (!role) return std::nullopt;
  return fmt::format("\"{}\"", name(*role));
}

struct Values {
  std::optional<std::string> before = std::nullopt;
  std::optional<std::string> after = std::nullopt;
};

Write user_change(Statement change, std::string_view what, std::string_view user, Values values,
                  const Actor& by) {
  change.absent = kNoUser;
  return {Kind::record,
          {std::move(change),
           audit_statement({0, by.at_ms, by.who, std::string(what), std::string(user),
                            std::move(values.before), std::move(values.after), by.came_from})}};
}

User user_row(const db::Row& row) {
  return {row[0].integer(),
          std::string(row[1].text()),
          parse_role(row[2].text()).value_or(Role::viewer),
          std::string(row[3].text()),
          row[4].integer() != 0,
          row[5].integer(),
          row[6].integer()};
}

std::vector<User> user_rows(const db::Rows& rows) {
  std::vector<User> out;
  for (const db::Row& row : rows.rows) out.push_back(user_row(row));
  return out;
}

}  // namespace

std::string_view name(Role role) noexcept {
  switch (role) {
    case Role::viewer:
      return "viewer";
    case Role::operator_:
      return "operator";
    case Role::admin:
      return "admin";
  }
  return "viewer";
}

std::optional<Role> parse_role(std::string_view text) noexcept {
  for (const Role role : {Role::viewer, Role::operator_, Role::admin}) {
    if (text == name(role)) return role;
  }
  return std::nullopt;
}

base::Result<void> check_admin_left(const std::vector<User>& users, std::string_view name,
                                    std::optional<Role> role) {
  bool is_left = role == Role::admin;
  for (const User& user : users) {
    is_left = is_left || (user.name != name && user.role == Role::admin && !user.disabled);
  }
  if (is_left) return {};
  if (users.empty()) {
    return base::fail(base::Errc::conflict,
                      "the first user must be an admin: nobody else could make more of them");
  }
  return base::fail(base::Errc::conflict,
                    "nobody could administer weir any more: make another user admin first");
}

base::Result<Write> create_user(const User& user, const Actor& by) {
  WEIR_CHECK(check_name("the user's name", user.name));
  if (user.name.find_first_of(" :/\"'") != std::string::npos) {
    return base::fail(base::Errc::invalid_argument,
                      "the user's name contains a space, a quote, a colon or a slash");
  }
  WEIR_CHECK(check_hash(user.password_hash));
  return Write{
      Kind::record,
      {{"INSERT INTO users(name, role, password_hash, disabled, created_at_ms, updated_at_ms)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        {user.name, name(user.role), user.password_hash, user.disabled ? 1 : 0, by.at_ms, by.at_ms},
        {}},
       audit_statement({0, by.at_ms, by.who, "user.create", user.name, std::nullopt,
                        quoted(user.role), by.came_from})}};
}

base::Result<Write> set_password_hash(std::string_view name, std::string_view hash,
                                      const Actor& by) {
  WEIR_CHECK(check_hash(hash));
  return user_change({"UPDATE users SET password_hash = ?, updated_at_ms = ? WHERE name = ?",
                      {hash, by.at_ms, name},
                      {}},
                     "user.password", name, {}, by);
}

Write set_role(std::string_view user, Role role, const Actor& by, std::optional<Role> before) {
  return user_change({"UPDATE users SET role = ?, updated_at_ms = ? WHERE name = ?",
                      {name(role), by.at_ms, user},
                      {}},
                     "user.role", user, {quoted(before), quoted(role)}, by);
}

Write set_disabled(std::string_view user, bool disabled, const Actor& by) {
  return user_change({"UPDATE users SET disabled = ?, updated_at_ms = ? WHERE name = ?",
                      {disabled ? 1 : 0, by.at_ms, user},
                      {}},
                     "user.disabled", user,
                     {disabled ? "false" : "true", disabled ? "true" : "false"}, by);
}

Write remove_user(std::string_view user, const Actor& by, std::optional<Role> before) {
  return user_change({"DELETE FROM users WHERE name = ?", {user}, {}}, "user.remove", user,
                     {quoted(before), {}}, by);
}

base::Result<std::optional<User>> find_user(db::Connection& connection, std::string_view name) {
  WEIR_TRY(const db::Rows rows,
           connection.execute("SELECT id, name, role, password_hash, disabled, created_at_ms,"
                              " updated_at_ms FROM users WHERE name = ?",
                              {name}));
  if (rows.empty()) return std::nullopt;
  return user_row(rows.rows[0]);
}

base::Result<std::vector<User>> list_users(db::Connection& connection, int limit) {
  WEIR_TRY(const db::Rows rows,
           connection.execute("SELECT id, name, role, '', disabled, created_at_ms, updated_at_ms"
                              " FROM users ORDER BY name LIMIT ?",
                              {limit}));
  return user_rows(rows);
}

base::Result<std::vector<User>> read_users(db::Connection& connection) {
  WEIR_TRY(const db::Rows rows,
           connection.execute("SELECT id, name, role, password_hash, disabled, created_at_ms,"
                              " updated_at_ms FROM users ORDER BY name LIMIT ?",
                              {kUsersMax}));
  return user_rows(rows);
}

}  // namespace weir::store
