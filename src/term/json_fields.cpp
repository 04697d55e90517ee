#include "term/json_fields.hpp"

namespace weir::term {

std::string text_at(const base::json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(std::string_view(value->get_string()));
}

double number_at(const base::json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

bool flag_at(const base::json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const base::json::object& object_at(const base::json::object& object, const char* key) {
  static const base::json::object none;
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_object() ? value->get_object() : none;
}

const base::json::array& array_at(const base::json::object& object, const char* key) {
  static const base::json::array none;
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_array() ? value->get_array() : none;
}

std::string plain_text(const base::json::value& value) {
  if (value.is_string()) return std::string(std::string_view(value.get_string()));
  return value.is_null() ? "-" : base::to_text(value);
}

}  // namespace weir::term
