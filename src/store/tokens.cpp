#include "store/tokens.hpp"

#include <fmt/format.h>

#include "store/audit.hpp"
#include "store/row_text.hpp"

namespace weir::store {
namespace {

std::vector<Token> token_rows(const db::Rows& rows) {
  std::vector<Token> out;
  for (const db::Row& row : rows.rows) {
    Token token;
    token.id = row[0].integer();
    token.name = row[1].text();
    token.kind = parse_token_kind(row[2].text()).value_or(TokenKind::metrics);
    token.role = parse_role(row[3].text()).value_or(Role::viewer);
    token.hash = row[4].text();
    token.created_by = row[5].text();
    token.created_at_ms = row[6].integer();
    token.expires_at_ms = row[7].integer();
    token.used_at_ms = row[8].integer();
    token.revoked_at_ms = row[9].integer();
    out.push_back(std::move(token));
  }
  return out;
}

}  // namespace

std::string_view name(TokenKind kind) noexcept {
  return kind == TokenKind::api ? "api" : "metrics";
}

std::optional<TokenKind> parse_token_kind(std::string_view text) noexcept {
  for (const TokenKind kind : {TokenKind::api, TokenKind::metrics}) {
    if (text == name(kind)) return kind;
  }
  return std::nullopt;
}

bool is_good(const Token& token, std::int64_t now_ms) noexcept {
  const bool expired = token.expires_at_ms != 0 && now_ms >= token.expires_at_ms;
  return token.revoked_at_ms == 0 && !expired;
}

base::Result<Write> create_token(const Token& token, const Actor& by) {
  WEIR_CHECK(check_name("the token's name", token.name));
  if (token.hash.empty() || token.hash.size() > kNameBytesMax) {
    return base::fail(base::Errc::invalid_argument, "the token's hash is empty or too long");
  }
  if (token.expires_at_ms != 0 && token.expires_at_ms <= by.at_ms) {
    return base::fail(base::Errc::invalid_argument, "the token would expire before it is made");
  }
  return Write{Kind::record,
               {{"INSERT INTO tokens(name, kind, role, token_hash, created_by, created_at_ms,"
                 " expires_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)",
                 {token.name, name(token.kind), name(token.role), token.hash, by.who, by.at_ms,
                  token.expires_at_ms},
                 {}},
                audit_statement({0, by.at_ms, by.who, "token.create", token.name, std::nullopt,
                                 fmt::format(R"({{"kind":"{}","role":"{}"}})", name(token.kind),
                                             name(token.role)),
                                 by.came_from})}};
}

Write revoke_token(std::int64_t id, const Actor& by) {
  return {Kind::record,
          {{"UPDATE tokens SET revoked_at_ms = ? WHERE id = ? AND revoked_at_ms = 0",
            {by.at_ms, id},
            "there is no such token, or it is revoked already"},
           audit_statement({0, by.at_ms, by.who, "token.revoke", std::to_string(id), std::nullopt,
                            std::nullopt, by.came_from})}};
}

Write note_token_use(std::int64_t id, std::int64_t at_ms) {
  return {Kind::log,
          {{"UPDATE tokens SET used_at_ms = ? WHERE id = ? AND used_at_ms < ?",
            {at_ms, id, at_ms},
            {}}}};
}

base::Result<std::vector<Token>> list_tokens(db::Connection& connection, int limit) {
  WEIR_TRY(const db::Rows rows,
           connection.execute("SELECT id, name, kind, role, '', created_by, created_at_ms,"
                              " expires_at_ms, used_at_ms, revoked_at_ms FROM tokens"
                              " ORDER BY id DESC LIMIT ?",
                              {limit}));
  return token_rows(rows);
}

base::Result<std::vector<Token>> read_tokens(db::Connection& connection) {
  WEIR_TRY(const db::Rows rows,
           connection.execute("SELECT id, name, kind, role, token_hash, created_by, created_at_ms,"
                              " expires_at_ms, used_at_ms, revoked_at_ms FROM tokens"
                              " WHERE revoked_at_ms = 0 ORDER BY id DESC LIMIT ?",
                              {kTokensMax}));
  return token_rows(rows);
}

}  // namespace weir::store
