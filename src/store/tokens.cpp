#include "store/tokens.hpp"

#include <fmt/format.h>

#include "store/audit.hpp"
#include "store/row_text.hpp"

namespace weir::store {
namespace {

Token token_row(const db::Row& row) {
  return {row[0].integer(),           std::string(row[1].text()),
          std::string(row[2].text()), std::string(row[3].text()),
          row[4].integer(),           row[5].integer(),
          row[6].integer(),           row[7].integer()};
}

}  // namespace

bool is_good(const TokenOwner& owner, std::int64_t now_ms) noexcept {
  const Token& token = owner.token;
  const bool expired = token.expires_at_ms != 0 && now_ms >= token.expires_at_ms;
  return !owner.disabled && token.revoked_at_ms == 0 && !expired;
}

base::Result<Write> create_token(const Token& token, const Actor& by) {
  WEIR_CHECK(check_name("the token's name", token.name));
  if (token.hash.empty() || token.hash.size() > kNameBytesMax) {
    return base::fail(base::Errc::invalid_argument, "the token's hash is empty or too long");
  }
  if (token.expires_at_ms != 0 && token.expires_at_ms <= by.at_ms) {
    return base::fail(base::Errc::invalid_argument, "the token would expire before it is made");
  }
  return Write{
      Kind::record,
      {{"INSERT INTO tokens(user_id, name, token_hash, created_at_ms, expires_at_ms)"
        " SELECT id, CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT)"
        " FROM users WHERE name = ?",
        {token.name, token.hash, by.at_ms, token.expires_at_ms, token.user},
        "there is no such user; `weir user list` shows them"},
       audit_statement({0,
                        by.at_ms,
                        by.who,
                        "token.create",
                        fmt::format("{}/{}", token.user, token.name),
                        {},
                        {}})}};
}

Write revoke_token(std::int64_t id, const Actor& by) {
  return {Kind::record,
          {{"UPDATE tokens SET revoked_at_ms = ? WHERE id = ? AND revoked_at_ms = 0",
            {by.at_ms, id},
            "there is no such token, or it is revoked already"},
           audit_statement({0, by.at_ms, by.who, "token.revoke", std::to_string(id), {}, {}})}};
}

Write note_token_use(std::int64_t id, std::int64_t at_ms) {
  return {Kind::log,
          {{"UPDATE tokens SET used_at_ms = ? WHERE id = ? AND used_at_ms < ?",
            {at_ms, id, at_ms},
            {}}}};
}

base::Result<std::optional<TokenOwner>> find_token(db::Connection& connection,
                                                   std::string_view hash) {
  WEIR_TRY(const db::Rows rows,
           connection.execute(
               "SELECT t.id, u.name, t.name, t.token_hash, t.created_at_ms, t.expires_at_ms,"
               " t.used_at_ms, t.revoked_at_ms, u.role, u.disabled"
               " FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.token_hash = ?",
               {hash}));
  if (rows.empty()) return std::nullopt;
  const db::Row& row = rows.rows[0];
  return TokenOwner{token_row(row), parse_role(row[8].text()).value_or(Role::viewer),
                    row[9].integer() != 0};
}

base::Result<std::vector<Token>> list_tokens(db::Connection& connection, std::string_view user,
                                             int limit) {
  std::string sql =
      "SELECT t.id, u.name, t.name, '', t.created_at_ms, t.expires_at_ms, t.used_at_ms,"
      " t.revoked_at_ms FROM tokens t JOIN users u ON u.id = t.user_id";
  std::vector<db::Value> parameters;
  if (!user.empty()) {
    sql += " WHERE u.name = ?";
    parameters.emplace_back(user);
  }
  sql += " ORDER BY t.id DESC LIMIT ?";
  parameters.emplace_back(limit);
  WEIR_TRY(const db::Rows rows, connection.execute(sql, parameters));
  std::vector<Token> out;
  for (const db::Row& row : rows.rows) out.push_back(token_row(row));
  return out;
}

}  // namespace weir::store
