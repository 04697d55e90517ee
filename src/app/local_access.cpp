#include "app/local_access.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "app/open_store.hpp"
#include "store/credentials.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kWriteTime = std::chrono::seconds(20);

store::Actor by_hand() { return {"cli", base::wall_ms(), "the command line, on the store"}; }

}  // namespace

base::Result<std::unique_ptr<LocalAccess>> LocalAccess::open(const std::string& data,
                                                             const std::string& store,
                                                             Missing missing) {
  // A store elsewhere has no lock of ours; the database itself keeps writers apart.
  const bool is_inside = store_target(store, {}).empty();
  if (is_inside && missing == Missing::refuse && !std::filesystem::exists(data)) {
    return base::fail(base::Errc::not_found,
                      fmt::format("no weir runs with the data directory {}, and it does not exist; "
                                  "name it with --data DIR, or a running weir with --admin ADDR",
                                  data));
  }
  std::unique_ptr<LocalAccess> out(new LocalAccess);
  if (is_inside) {
    WEIR_TRY(out->directory_, DataDirectory::open(data));
  }
  WEIR_TRY(out->store_, open_store(store_target(store, data), out->log_));
  return out;
}

base::Result<std::vector<store::User>> LocalAccess::users() {
  return store_->read([](db::Connection& connection) { return store::list_users(connection); });
}

base::Result<std::vector<store::Token>> LocalAccess::tokens() {
  return store_->read([](db::Connection& connection) { return store::read_tokens(connection); });
}

base::Result<store::User> LocalAccess::need_user(const std::string& name) {
  WEIR_TRY(const auto all, users());
  for (const store::User& each : all) {
    if (each.name == name) return each;
  }
  return base::fail(base::Errc::not_found,
                    fmt::format("there is no user {}; `weir user list` shows them", name));
}

base::Result<void> LocalAccess::write(store::Write write) {
  return store_->write_now(std::move(write), base::Deadline::after(base::real_now(), kWriteTime));
}

base::Result<void> LocalAccess::add_user(const std::string& name, store::Role role,
                                         const std::string& password) {
  WEIR_TRY(const auto all, users());
  WEIR_CHECK(store::check_admin_left(all, name, role));
  if (all.size() >= static_cast<std::size_t>(store::kUsersMax)) {
    return base::fail(base::Errc::conflict, "there are as many users as there may be");
  }
  WEIR_TRY(const std::string hash, store::hash_password(password));
  WEIR_TRY(store::Write made,
           store::create_user({.name = name, .role = role, .password_hash = hash}, by_hand()));
  auto done = write(std::move(made));
  if (!done && done.error().code() == base::Errc::conflict) {
    return base::fail(base::Errc::conflict, fmt::format("there is a user {} already", name));
  }
  return done;
}

base::Result<void> LocalAccess::set_role(const std::string& name, store::Role role) {
  WEIR_TRY(const store::User user, need_user(name));
  WEIR_TRY(const auto all, users());
  WEIR_CHECK(
      store::check_admin_left(all, name, user.disabled ? std::nullopt : std::optional(role)));
  return write(store::set_role(name, role, by_hand(), user.role));
}

base::Result<void> LocalAccess::set_password(const std::string& name, const std::string& password) {
  WEIR_TRY([[maybe_unused]] const store::User user, need_user(name));
  WEIR_TRY(const std::string hash, store::hash_password(password));
  WEIR_TRY(store::Write changed, store::set_password_hash(name, hash, by_hand()));
  return write(std::move(changed));
}

base::Result<void> LocalAccess::remove_user(const std::string& name) {
  WEIR_TRY(const store::User user, need_user(name));
  WEIR_TRY(const auto all, users());
  WEIR_CHECK(store::check_admin_left(all, name, std::nullopt));
  return write(store::remove_user(name, by_hand(), user.role));
}

base::Result<std::string> LocalAccess::add_token(store::Token made) {
  std::string token = store::new_token();
  made.hash = store::secret_digest(token);
  WEIR_TRY(store::Write created, store::create_token(made, by_hand()));
  WEIR_CHECK(write(std::move(created)));
  return token;
}

base::Result<void> LocalAccess::revoke_token(std::int64_t id) {
  return write(store::revoke_token(id, by_hand()));
}

}  // namespace weir::app
