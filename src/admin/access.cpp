#include "admin/access.hpp"

#include <fmt/format.h>

#include "store/credentials.hpp"
#include "store/row_text.hpp"

namespace weir::admin {
namespace {

constexpr base::Duration kWriteTime = std::chrono::seconds(10);
constexpr base::Duration kHashTime = std::chrono::seconds(20);
constexpr base::Duration kReloadPause = std::chrono::seconds(2);
constexpr std::int64_t kUseNotedEveryMs = 60'000;
constexpr std::size_t kDigestHalf = 32;

std::string half_of(std::string_view digest) { return std::string(digest.substr(0, kDigestHalf)); }

}  // namespace

// ---- who asks

Caller Access::identify(const Credentials& credentials, base::Time now, std::int64_t wall_ms,
                        Use use) {
  Caller caller;
  if (!is_known_) return caller;
  if (users_.empty()) return {Proof::no_users, "local", store::Role::admin};
  caller.was_wrong = credentials.is_strange;
  if (!credentials.token.empty()) {
    store::Token* token = find_token(store::secret_digest(credentials.token));
    caller.was_wrong = token == nullptr || !store::is_good(*token, wall_ms);
    if (caller.was_wrong) return caller;
    if (use == Use::request && wall_ms - token->used_at_ms >= kUseNotedEveryMs) {
      token->used_at_ms = wall_ms;
      [[maybe_unused]] const auto noted = store_->write(store::note_token_use(token->id, wall_ms));
    }
    return {Proof::token, "token:" + token->name, token->role,
            token->kind == store::TokenKind::metrics};
  }
  if (credentials.cookie.empty()) return caller;
  const auto name =
      logins_.find(store::secret_digest(credentials.cookie), now, use == Use::request);
  const store::User* user = name ? find_user(*name) : nullptr;
  caller.was_wrong = user == nullptr || user->disabled;
  if (caller.was_wrong) return caller;
  return {Proof::login, user->name, user->role};
}

const store::User* Access::find_user(std::string_view name) const {
  for (const store::User& user : users_) {
    if (user.name == name) return &user;
  }
  return nullptr;
}

store::Token* Access::find_token(std::string_view digest) {
  const auto found = tokens_by_half_.find(half_of(digest));
  if (found == tokens_by_half_.end()) return nullptr;
  store::Token& token = tokens_[found->second];
  return store::is_same_digest(token.hash, digest) ? &token : nullptr;
}

// ---- log-ins

runtime::Task<base::Result<LoginOutcome>> Access::log_in(runtime::Lane& lane, std::string user,
                                                         std::string password, std::string address,
                                                         std::string came_from) {
  WEIR_CO_CHECK(store::check_name("user", user));
  if (password.empty() || password.size() > store::kPasswordBytesMax) {
    co_return base::fail(base::Errc::invalid_argument, "password: empty, or over 1,024 bytes");
  }
  if (!is_known_) {
    co_return base::fail(base::Errc::overloaded, "the users cannot be read from the store");
  }
  if (users_.empty()) {
    co_return base::fail(base::Errc::conflict, "there are no users, so nobody needs to log in");
  }
  LoginOutcome outcome;
  outcome.wait = throttle_.begin(address, user, lane.now());
  if (outcome.wait > base::Duration::zero()) co_return outcome;
  const store::User* known = find_user(user);
  const bool may = known != nullptr && !known->disabled;
  std::string expected = may ? known->password_hash : std::string();
  auto job = [expected, password] {
    if (!expected.empty()) return store::is_password(expected, password);
    store::waste_password(password);
    return false;
  };
  auto checking = passwords_.run(lane, std::move(job), lane.after(kHashTime));
  WEIR_CO_TRY(const bool is_right, co_await checking);
  // The user may have changed meanwhile.
  known = find_user(user);
  if (!is_right || known == nullptr || known->disabled || known->password_hash != expected) {
    log_.warn("audit", {{"user", user}, {"from", came_from}}, "log-in refused");
    co_return outcome;
  }
  throttle_.succeeded(address, user);
  outcome.secret = store::new_secret();
  outcome.role = known->role;
  logins_.begin(store::secret_digest(outcome.secret), user, lane.now());
  AuditTrail trail;
  trail.add("login", user);
  note(trail, {user, base::wall_ms(), came_from});
  co_return outcome;
}

void Access::log_out(const Credentials& credentials) {
  if (!credentials.cookie.empty()) logins_.end(store::secret_digest(credentials.cookie));
}

// ---- what is known

base::Result<Access::Rows> Access::read_rows(db::Connection& connection) {
  Rows rows;
  WEIR_TRY(rows.users, store::read_users(connection));
  WEIR_TRY(rows.tokens, store::read_tokens(connection));
  return rows;
}

void Access::keep(Rows rows) {
  users_ = std::move(rows.users);
  tokens_ = std::move(rows.tokens);
  tokens_by_half_.clear();
  for (std::size_t i = 0; i < tokens_.size(); ++i) tokens_by_half_[half_of(tokens_[i].hash)] = i;
  is_known_ = true;
}

void Access::load() {
  if (store_ == nullptr) return;
  auto rows = store_->read(&Access::read_rows);
  if (rows) return keep(std::move(*rows));
  log_.error("admin", "the users cannot be read, so nobody is let in: {}", rows.error().detail());
}

runtime::Task<base::Result<void>> Access::reload(runtime::Lane& lane) {
  auto reading = store_->read(lane, &Access::read_rows, lane.after(kWriteTime));
  WEIR_CO_TRY(Rows rows, co_await reading);
  keep(std::move(rows));
  co_return base::Result<void>();
}

runtime::Task<void> Access::reload_if_unknown(runtime::Lane& lane) {
  if (is_known_ || lane.now() < reload_at_) co_return;
  reload_at_ = lane.now() + kReloadPause;
  auto reloading = reload(lane);
  [[maybe_unused]] const auto done = co_await reloading;
}

base::Result<void> Access::need_store() const {
  if (store_ != nullptr) return {};
  return base::fail(base::Errc::conflict,
                    "this weir keeps nothing, so it can have no users: start it with --data DIR");
}

void Access::note(const AuditTrail& trail, const store::Actor& by) {
  for (const AuditNote& each : trail.notes) {
    log_.info("audit",
              {{"what", each.what},
               {"subject", each.subject},
               {"who", by.who},
               {"from", by.came_from},
               {"before", each.before.value_or("")},
               {"after", each.after.value_or("")}},
              "{} did {}", by.who, each.what);
    if (store_ == nullptr || trail.is_stored) continue;
    const auto queued = store_->write(store::insert(store::AuditRow{
        0, by.at_ms, by.who, each.what, each.subject, each.before, each.after, by.came_from}));
    if (!queued) log_.error("audit", "this is not in the store: {}", queued.error().detail());
  }
}

runtime::Task<base::Result<std::vector<store::AuditRow>>> Access::read_audit(
    runtime::Lane& lane, int limit, std::int64_t before_id) {
  WEIR_CO_CHECK(need_store());
  auto flushing = store_->flush(lane, lane.after(kWriteTime));
  WEIR_CO_CHECK(co_await flushing);
  auto work = [limit, before_id](db::Connection& connection) {
    return store::read_audit(connection, limit, before_id);
  };
  auto reading = store_->read(lane, work, lane.after(kWriteTime));
  co_return co_await reading;
}

}  // namespace weir::admin
