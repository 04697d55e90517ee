#pragma once
// Access: who is asking, and the users, tokens and log-ins behind that answer. Users and tokens are
// held in memory, read from the store at the start and after each change, so that a request costs a
// look-up and an absent database locks nobody out. Passwords are hashed on a thread of its own.
//
//  1. Without users everybody is "local", an admin. The first user ends that.
//  2. While the users could not be read (a database that was away at the start) nobody is anybody.
//  3. Changes of users come one after the other; a second one at the same time is a conflict.
//  4. Roles are looked up at each request; changing or removing a user works at once.
// Lane-only, but for load(). Without a store there are no users and none can be made.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "admin/audit_trail.hpp"
#include "admin/auth.hpp"
#include "admin/login_throttle.hpp"
#include "admin/logins.hpp"
#include "runtime/blocking_pool.hpp"
#include "store/audit.hpp"
#include "store/store.hpp"
#include "telemetry/log.hpp"

namespace weir::admin {

/// What a log-in came to.
struct LoginOutcome {
  std::string secret;  ///< for the cookie; empty: refused
  store::Role role = store::Role::viewer;
  base::Duration wait{};  ///< > 0: too many failures, try again after it
};

/// A change of a user; what is empty stays.
struct UserChange {
  std::optional<store::Role> role;
  std::optional<std::string> password;
  std::optional<bool> disabled;
};

class Access {
 public:
  /// `store`: null for none. `is_insecure`: others can reach the listener, and there is no TLS.
  /// Lifetime: both outlive this.
  Access(store::Store* store, telemetry::Log& log, bool is_insecure)
      : store_(store), log_(log), is_insecure_(is_insecure), is_known_(store == nullptr) {}

  /// Reads users and tokens. Blocks; before the lane runs. A store that is away is no error:
  /// reload() tries again.
  void load();

  bool is_known() const noexcept { return is_known_; }
  bool has_users() const noexcept { return !users_.empty(); }
  bool is_insecure() const noexcept { return is_insecure_; }

  /// `look_again` is no request: it neither prolongs a log-in nor notes a token's use.
  enum class Use : std::uint8_t { request, look_again };
  Caller identify(const Credentials& credentials, base::Time now, std::int64_t wall_ms,
                  Use use = Use::request);

  /// Fails: invalid_argument for texts that can be no name or password; overloaded; conflict when
  /// there are no users.
  runtime::Task<base::Result<LoginOutcome>> log_in(runtime::Lane& lane, std::string user,
                                                   std::string password, std::string address,
                                                   std::string came_from);
  void log_out(const Credentials& credentials);

  const std::vector<store::User>& users() const noexcept { return users_; }
  const std::vector<store::Token>& tokens() const noexcept { return tokens_; }

  // Each fails as the store's write does, and with conflict where rule 1 or 3 or the last admin
  // forbids it; nothing is changed then.

  runtime::Task<base::Result<void>> add_user(runtime::Lane& lane, std::string name,
                                             store::Role role, std::string password,
                                             store::Actor by);
  /// `kept`: the cookie whose log-in outlives a new password.
  runtime::Task<base::Result<void>> change_user(runtime::Lane& lane, std::string name,
                                                UserChange change, store::Actor by,
                                                std::string kept);
  runtime::Task<base::Result<void>> remove_user(runtime::Lane& lane, std::string name,
                                                store::Actor by);
  /// The token itself, which nobody can read again; `made` has no secret.
  runtime::Task<base::Result<std::string>> add_token(runtime::Lane& lane, store::Token made,
                                                     store::Actor by);
  runtime::Task<base::Result<void>> revoke_token(runtime::Lane& lane, std::int64_t id,
                                                 store::Actor by);

  /// Writes what was done to the event log, and to the store unless it is there already.
  void note(const AuditTrail& trail, const store::Actor& by);
  runtime::Task<base::Result<std::vector<store::AuditRow>>> read_audit(runtime::Lane& lane,
                                                                       int limit,
                                                                       std::int64_t before_id);

  /// After the users could not be read: at most every 2 s.
  runtime::Task<void> reload_if_unknown(runtime::Lane& lane);

 private:
  struct Rows {
    std::vector<store::User> users;
    std::vector<store::Token> tokens;
  };
  class Turn;

  static base::Result<Rows> read_rows(db::Connection& connection);
  void keep(Rows rows);
  base::Result<void> need_store() const;
  runtime::Task<base::Result<void>> reload(runtime::Lane& lane);
  runtime::Task<base::Result<void>> write(runtime::Lane& lane, store::Write write);
  runtime::Task<base::Result<std::string>> hash(runtime::Lane& lane, std::string password);
  const store::User* find_user(std::string_view name) const;
  store::Token* find_token(std::string_view digest);

  // Fixed after construction.
  store::Store* const store_;
  telemetry::Log& log_;
  const bool is_insecure_;
  // Lane-only.
  bool is_known_;
  bool is_changing_ = false;
  base::Time reload_at_{};
  std::vector<store::User> users_;
  std::vector<store::Token> tokens_;                             // not revoked
  std::unordered_map<std::string, std::size_t> tokens_by_half_;  // half a digest → index
  LoginThrottle throttle_;
  Logins logins_;
  // One thread: a password takes 64 MiB. Last member: its destructor ends what is queued.
  runtime::BlockingPool passwords_{1, 8};
};

}  // namespace weir::admin
