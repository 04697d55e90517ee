#pragma once
// Tokens: long-lived secrets that stand for a user. Only their hash is here; who makes and checks
// tokens is elsewhere. A token is good until it expires, is revoked, or its user is disabled.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "store/users.hpp"
#include "store/write.hpp"

namespace weir::store {

struct Token {
  std::int64_t id = 0;
  std::string user;
  std::string name;  ///< what it is for, in its owner's words
  std::string hash;  ///< empty in lists
  std::int64_t created_at_ms = 0;
  std::int64_t expires_at_ms = 0;  ///< 0: never
  std::int64_t used_at_ms = 0;     ///< 0: not yet
  std::int64_t revoked_at_ms = 0;  ///< 0: not
};

struct TokenOwner {
  Token token;
  Role role = Role::viewer;
  bool disabled = false;
};

/// Pure: may this token be used at that time?
bool is_good(const TokenOwner& owner, std::int64_t now_ms) noexcept;

/// The write fails with not_found without the user, with conflict when the hash exists.
/// Fails: invalid_argument for a name that is none, an empty hash, an expiry that is past.
base::Result<Write> create_token(const Token& token, const Actor& by);
/// The write fails with not_found when there is no such token that is not revoked.
Write revoke_token(std::int64_t id, const Actor& by);
/// Notes a use. May be dropped when there is no room, like a log row.
Write note_token_use(std::int64_t id, std::int64_t at_ms);

/// Also one that is not good any more: is_good() decides.
base::Result<std::optional<TokenOwner>> find_token(db::Connection& connection,
                                                   std::string_view hash);
/// Newest first, without hashes. Empty user: of all.
base::Result<std::vector<Token>> list_tokens(db::Connection& connection, std::string_view user,
                                             int limit = 1'000);

}  // namespace weir::store
