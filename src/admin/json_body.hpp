#pragma once
// JsonBody: the object in a request's body, read strictly: a member nobody asked for is a mistake,
// and a missing or odd one is named.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

namespace weir::admin {

class JsonBody {
 public:
  /// Fails: bad_message for what is no JSON object; invalid_argument for a member that is not one
  /// of `known`.
  static base::Result<JsonBody> parse(std::string_view body,
                                      std::initializer_list<std::string_view> known);

  /// Nothing when absent or null. Fails: invalid_argument when it is of another kind.
  base::Result<std::optional<std::string>> text(std::string_view name) const;
  base::Result<std::optional<bool>> flag(std::string_view name) const;
  /// Fails: invalid_argument when absent.
  base::Result<std::string> need_text(std::string_view name) const;

 private:
  explicit JsonBody(base::json::object object) : object_(std::move(object)) {}
  const base::json::value* find(std::string_view name) const;

  base::json::object object_;
};

}  // namespace weir::admin
