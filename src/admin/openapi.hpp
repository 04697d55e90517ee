#pragma once
// The description of the API, api/openapi.yaml, as it was when weir was built: made into a source
// file by api/embed.cpp.

#include <string_view>

namespace weir::admin {

std::string_view openapi_yaml() noexcept;
std::string_view openapi_json() noexcept;

}  // namespace weir::admin
