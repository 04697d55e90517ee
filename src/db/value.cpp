#include "db/value.hpp"

#include <fmt/format.h>

namespace weir::db {

std::string to_text(const Value& value) {
  switch (value.type()) {
    case Value::Type::null:
      return "NULL";
    case Value::Type::integer:
      return std::to_string(value.integer());
    case Value::Type::real:
      return fmt::format("{}", value.real());
    case Value::Type::text:
      return std::string(value.text());
    case Value::Type::blob:
      break;
  }
  std::string out = "\\x";
  for (const char byte : value.blob()) {
    out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  }
  return out;
}

std::size_t size_of(const Value& value) noexcept {
  return sizeof(Value) + value.text().size() + value.blob().size();
}

}  // namespace weir::db
