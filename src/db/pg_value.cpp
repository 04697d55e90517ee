#include "db/pg_value.hpp"

#include <fmt/format.h>

#include <charconv>

namespace weir::db {
namespace {

// Numbers of built-in types, fixed for all versions (catalog pg_type).
constexpr unsigned kBool = 16;
constexpr unsigned kBytea = 17;
constexpr unsigned kInt8 = 20;
constexpr unsigned kInt2 = 21;
constexpr unsigned kInt4 = 23;
constexpr unsigned kOid = 26;
constexpr unsigned kFloat4 = 700;
constexpr unsigned kFloat8 = 701;
// The server decides from the context: lets text reach jsonb, uuid and the like.
constexpr unsigned kUnknown = 0;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// "\x00ff". The older escape format has not been the default since PostgreSQL 9.0.
Value bytea_value(std::string_view text) {
  if (!text.starts_with("\\x") || text.size() % 2 != 0) return Value(text);
  Blob blob;
  blob.bytes.reserve(text.size() / 2);
  for (std::size_t i = 2; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]);
    const int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return Value(text);
    blob.bytes += static_cast<char>(high * 16 + low);
  }
  return Value(std::move(blob));
}

template <class Number>
Value number_value(std::string_view text) {
  Number number{};
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole ? Value(number) : Value(text);
}

}  // namespace

PgParameters::PgParameters(std::span<const Value> values) {
  texts_.reserve(values.size());
  for (const Value& value : values) {
    const char* start = nullptr;
    std::size_t length = 0;
    unsigned type = kUnknown;
    char letter = 'n';
    switch (value.type()) {
      case Value::Type::null:
        break;
      case Value::Type::integer:
      case Value::Type::real: {
        const bool whole = value.type() == Value::Type::integer;
        type = whole ? kInt8 : kFloat8;
        letter = whole ? 'i' : 'r';
        start = texts_.emplace_back(to_text(value)).c_str();
        break;
      }
      case Value::Type::text:
        letter = 't';
        // The value holds a std::string, so what follows its text is a NUL.
        start = value.text().data();
        break;
      case Value::Type::blob:
        type = kBytea;
        letter = 'b';
        start = value.blob().data();
        length = value.blob().size();
        break;
    }
    types_.push_back(type);
    starts_.push_back(start);
    lengths_.push_back(static_cast<int>(length));
    formats_.push_back(type == kBytea ? 1 : 0);
    signature_ += letter;
  }
}

Value pg_value(unsigned type, std::string_view text) {
  switch (type) {
    case kBool:
      return Value(text == "t" ? 1 : 0);
    case kInt2:
    case kInt4:
    case kInt8:
    case kOid:
      return number_value<std::int64_t>(text);
    case kFloat4:
    case kFloat8:
      return number_value<double>(text);
    case kBytea:
      return bytea_value(text);
    default:
      return Value(text);
  }
}

}  // namespace weir::db
