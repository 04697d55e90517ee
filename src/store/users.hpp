#pragma once
// Users: who may log in, and as what. Hashes come from outside and go out only to who checks them;
// nothing here knows a password. Each change writes its audit row in the same transaction.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"
#include "store/write.hpp"

namespace weir::store {

enum class Role : std::uint8_t { viewer, operator_, admin };

std::string_view name(Role role) noexcept;
std::optional<Role> parse_role(std::string_view text) noexcept;

struct User {
  std::int64_t id = 0;
  std::string name;
  Role role = Role::viewer;
  std::string password_hash;  ///< empty in lists
  bool disabled = false;
  std::int64_t created_at_ms = 0;
  std::int64_t updated_at_ms = 0;
};

/// Who does it, and when.
struct Actor {
  std::string who;
  std::int64_t at_ms = 0;
  std::string came_from = {};  ///< an address and a program; may be empty
};

/// The most users there may be: all of them are kept in memory.
inline constexpr int kUsersMax = 1'000;

/// Pure: an admin who may log in must be left when `name` has this role, or none (removed or
/// disabled). A new name is a new user, so the first user must be an admin. Fails: conflict.
base::Result<void> check_admin_left(const std::vector<User>& users, std::string_view name,
                                    std::optional<Role> role);

/// The write fails with conflict when the name exists. Fails: invalid_argument for a name with
/// spaces or other than printable characters, or an empty hash.
base::Result<Write> create_user(const User& user, const Actor& by);
/// These writes fail with not_found when there is no such user.
base::Result<Write> set_password_hash(std::string_view name, std::string_view hash,
                                      const Actor& by);
/// `before`, where known, is for the audit row only.
Write set_role(std::string_view name, Role role, const Actor& by,
               std::optional<Role> before = std::nullopt);
Write set_disabled(std::string_view name, bool disabled, const Actor& by);
Write remove_user(std::string_view name, const Actor& by,
                  std::optional<Role> before = std::nullopt);

/// With the hash. Names differ by upper and lower case.
base::Result<std::optional<User>> find_user(db::Connection& connection, std::string_view name);
/// By name, without hashes; at most `limit`.
base::Result<std::vector<User>> list_users(db::Connection& connection, int limit = kUsersMax);
/// The same with their hashes, for who checks passwords.
base::Result<std::vector<User>> read_users(db::Connection& connection);

}  // namespace weir::store
