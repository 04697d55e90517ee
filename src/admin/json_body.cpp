#include "admin/json_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace weir::admin {

base::Result<JsonBody> JsonBody::parse(std::string_view body,
                                       std::initializer_list<std::string_view> known) {
  WEIR_TRY(base::json::value parsed, base::parse_json(body));
  if (!parsed.is_object()) {
    return base::fail(base::Errc::bad_message, "the body must be a JSON object");
  }
  for (const auto& member : parsed.get_object()) {
    const std::string_view key = member.key();
    if (std::ranges::find(known, key) != known.end()) continue;
    const std::vector<std::string_view> names(known);
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("{}: no such member here; there are {}", key.substr(0, 64),
                                  fmt::join(names, ", ")));
  }
  return JsonBody(std::move(parsed.get_object()));
}

const base::json::value* JsonBody::find(std::string_view name) const {
  const auto* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

base::Result<std::optional<std::string>> JsonBody::text(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) {
    return base::fail(base::Errc::invalid_argument, fmt::format("{}: not a text", name));
  }
  return std::string(std::string_view(value->get_string()));
}

base::Result<std::optional<bool>> JsonBody::flag(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) {
    return base::fail(base::Errc::invalid_argument, fmt::format("{}: not true or false", name));
  }
  return value->get_bool();
}

base::Result<std::string> JsonBody::need_text(std::string_view name) const {
  WEIR_TRY(auto found, text(name));
  if (!found) return base::fail(base::Errc::invalid_argument, fmt::format("{}: missing", name));
  return std::move(*found);
}

}  // namespace weir::admin
