// Access, the changes: users and tokens made, changed, removed. Each is written to the store first
// and believed only when it is on the disk.
#include <fmt/format.h>

#include "admin/access.hpp"
#include "store/credentials.hpp"

namespace weir::admin {
namespace {

constexpr base::Duration kChangeTime = std::chrono::seconds(10);
constexpr base::Duration kHashingTime = std::chrono::seconds(20);

}  // namespace

// One change at a time, from its checks to what is known afterwards.
class Access::Turn {
 public:
  explicit Turn(bool& is_taken) : is_taken_(is_taken), is_mine_(!is_taken) { is_taken = true; }
  ~Turn() {
    if (is_mine_) is_taken_ = false;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  base::Result<void> check() const {
    if (is_mine_) return {};
    return base::fail(base::Errc::conflict, "users are being changed just now; try again");
  }

 private:
  bool& is_taken_;
  const bool is_mine_;
};

runtime::Task<base::Result<void>> Access::write(runtime::Lane& lane, store::Write write) {
  auto writing = store_->write(lane, std::move(write), lane.after(kChangeTime));
  const auto written = co_await writing;
  if (!written && written.error().code() != base::Errc::deadline) {
    co_return base::Fail(written.error());
  }
  // Too late may still be written; and what is written but not read must not be guessed.
  auto reloading = reload(lane);
  const auto read = co_await reloading;
  if (!written || !read) is_known_ = false;
  co_return written;
}

runtime::Task<base::Result<std::string>> Access::hash(runtime::Lane& lane, std::string password) {
  WEIR_CO_CHECK(store::check_password(password));
  auto job = [password] { return store::hash_password(password); };
  auto hashing = passwords_.run(lane, std::move(job), lane.after(kHashingTime));
  WEIR_CO_TRY(auto hashed, co_await hashing);
  co_return hashed;
}

runtime::Task<base::Result<void>> Access::add_user(runtime::Lane& lane, std::string name,
                                                   store::Role role, std::string password,
                                                   store::Actor by) {
  WEIR_CO_CHECK(need_store());
  const Turn turn(is_changing_);
  WEIR_CO_CHECK(turn.check());
  if (find_user(name) != nullptr) {
    co_return base::fail(base::Errc::conflict, fmt::format("there is a user {} already", name));
  }
  if (users_.size() >= static_cast<std::size_t>(store::kUsersMax)) {
    co_return base::fail(base::Errc::conflict, "there are as many users as there may be");
  }
  WEIR_CO_CHECK(store::check_admin_left(users_, name, role));
  // Before the costly hash: is the name one?
  WEIR_CO_CHECK(store::create_user({.name = name, .role = role, .password_hash = "-"}, by));
  auto hashing = hash(lane, std::move(password));
  WEIR_CO_TRY(std::string hashed, co_await hashing);
  store::User user{.name = name, .role = role, .password_hash = std::move(hashed)};
  WEIR_CO_TRY(store::Write made, store::create_user(user, by));
  auto writing = write(lane, std::move(made));
  co_return co_await writing;
}

runtime::Task<base::Result<void>> Access::change_user(runtime::Lane& lane, std::string name,
                                                      UserChange change, store::Actor by,
                                                      std::string kept) {
  WEIR_CO_CHECK(need_store());
  const Turn turn(is_changing_);
  WEIR_CO_CHECK(turn.check());
  const store::User* user = find_user(name);
  if (user == nullptr) {
    co_return base::fail(base::Errc::not_found, fmt::format("there is no user {}", name));
  }
  const bool disabled = change.disabled.value_or(user->disabled);
  const store::Role role = change.role.value_or(user->role);
  const auto role_left = disabled ? std::optional<store::Role>() : std::optional(role);
  WEIR_CO_CHECK(store::check_admin_left(users_, name, role_left));
  store::Write all{store::Kind::record, {}};
  const auto add = [&all](store::Write part) {
    for (auto& statement : part.statements) all.statements.push_back(std::move(statement));
  };
  if (change.role) add(store::set_role(name, role, by, user->role));
  if (change.disabled) add(store::set_disabled(name, disabled, by));
  if (change.password) {
    auto hashing = hash(lane, std::move(*change.password));
    WEIR_CO_TRY(const std::string hashed, co_await hashing);
    WEIR_CO_TRY(store::Write changed, store::set_password_hash(name, hashed, by));
    add(std::move(changed));
  }
  auto writing = write(lane, std::move(all));
  WEIR_CO_CHECK(co_await writing);
  if (change.password || disabled) {
    logins_.end_all(name, kept.empty() ? std::string() : store::secret_digest(kept));
  }
  co_return base::Result<void>();
}

runtime::Task<base::Result<void>> Access::remove_user(runtime::Lane& lane, std::string name,
                                                      store::Actor by) {
  WEIR_CO_CHECK(need_store());
  const Turn turn(is_changing_);
  WEIR_CO_CHECK(turn.check());
  const store::User* user = find_user(name);
  if (user == nullptr) {
    co_return base::fail(base::Errc::not_found, fmt::format("there is no user {}", name));
  }
  WEIR_CO_CHECK(store::check_admin_left(users_, name, std::nullopt));
  auto writing = write(lane, store::remove_user(name, by, user->role));
  WEIR_CO_CHECK(co_await writing);
  logins_.end_all(name);
  co_return base::Result<void>();
}

runtime::Task<base::Result<std::string>> Access::add_token(runtime::Lane& lane, store::Token made,
                                                           store::Actor by) {
  WEIR_CO_CHECK(need_store());
  const Turn turn(is_changing_);
  WEIR_CO_CHECK(turn.check());
  if (tokens_.size() >= static_cast<std::size_t>(store::kTokensMax)) {
    co_return base::fail(base::Errc::conflict,
                         "there are as many tokens as there may be; revoke some");
  }
  std::string token = store::new_token();
  made.hash = store::secret_digest(token);
  WEIR_CO_TRY(store::Write created, store::create_token(made, by));
  auto writing = write(lane, std::move(created));
  WEIR_CO_CHECK(co_await writing);
  co_return token;
}

runtime::Task<base::Result<void>> Access::revoke_token(runtime::Lane& lane, std::int64_t id,
                                                       store::Actor by) {
  WEIR_CO_CHECK(need_store());
  const Turn turn(is_changing_);
  WEIR_CO_CHECK(turn.check());
  auto writing = write(lane, store::revoke_token(id, by));
  co_return co_await writing;
}

}  // namespace weir::admin
