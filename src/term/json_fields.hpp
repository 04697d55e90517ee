#pragma once
// Members of an answer, taken as they come: an answer is another program's, of another version
// perhaps, so what is absent or of another kind is empty, 0 or false. Pure.

#include <string>
#include <vector>

#include "base/json.hpp"

namespace weir::term {

std::string text_at(const base::json::object& object, const char* key);
double number_at(const base::json::object& object, const char* key);
bool flag_at(const base::json::object& object, const char* key);
/// Lifetime: of `object`.
const base::json::object& object_at(const base::json::object& object, const char* key);
const base::json::array& array_at(const base::json::object& object, const char* key);

/// Any value as people read it: a text without quotes, null as "-", the rest as JSON.
std::string plain_text(const base::json::value& value);

}  // namespace weir::term
