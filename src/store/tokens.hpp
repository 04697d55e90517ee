#pragma once
// Tokens: long-lived secrets for machines, with a role of their own: they do not end when the
// person who made them leaves. Only their hash is here (store/credentials). A token is good until
// it expires or is revoked; a metrics token opens /metrics and nothing else.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/connection.hpp"
#include "store/users.hpp"
#include "store/write.hpp"

namespace weir::store {

enum class TokenKind : std::uint8_t { api, metrics };

std::string_view name(TokenKind kind) noexcept;
std::optional<TokenKind> parse_token_kind(std::string_view text) noexcept;

struct Token {
  std::int64_t id = 0;
  std::string name;  ///< what it is for
  TokenKind kind = TokenKind::api;
  Role role = Role::viewer;
  std::string hash;        ///< empty in lists
  std::string created_by;  ///< a user's name
  std::int64_t created_at_ms = 0;
  std::int64_t expires_at_ms = 0;  ///< 0: never
  std::int64_t used_at_ms = 0;     ///< 0: not yet; to the minute
  std::int64_t revoked_at_ms = 0;  ///< 0: not
};

/// The most tokens that may be good at a time: all of them are kept in memory.
inline constexpr int kTokensMax = 1'000;

/// Pure: may this token be used at that time?
bool is_good(const Token& token, std::int64_t now_ms) noexcept;

/// The write fails with conflict when the hash exists.
/// Fails: invalid_argument for a name that is none, an empty hash, an expiry that is past.
base::Result<Write> create_token(const Token& token, const Actor& by);
/// The write fails with not_found when there is no such token that is not revoked.
Write revoke_token(std::int64_t id, const Actor& by);
/// Notes a use. May be dropped when there is no room, like a log row.
Write note_token_use(std::int64_t id, std::int64_t at_ms);

/// Newest first, without hashes; also those that are revoked or over.
base::Result<std::vector<Token>> list_tokens(db::Connection& connection, int limit = kTokensMax);
/// Those that are not revoked, with their hashes, for who checks tokens. Newest first.
base::Result<std::vector<Token>> read_tokens(db::Connection& connection);

}  // namespace weir::store
