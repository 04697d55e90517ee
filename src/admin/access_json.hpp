#pragma once
// The JSON of users and tokens, without secrets; the same from the API and from `weir user list`
// on the store of a weir that does not run. Pure.

#include "base/json.hpp"
#include "store/tokens.hpp"
#include "store/users.hpp"

namespace weir::admin {

/// RFC 3339; 0 is null.
base::json::value time_or_null(std::int64_t wall_ms);
base::json::object user_json(const store::User& user);
base::json::object token_json(const store::Token& token);

}  // namespace weir::admin
