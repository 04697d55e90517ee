#pragma once
// Value: one typed value of a statement's parameter or of a row. Both databases give the same five
// types back; what one of them knows besides (bool, timestamps, numeric) comes as integer or text.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace weir::db {

/// Bytes that are no text.
struct Blob {
  std::string bytes;
  friend bool operator==(const Blob&, const Blob&) = default;
};

class Value {
 public:
  enum class Type : std::uint8_t { null, integer, real, text, blob };

  Value() = default;
  Value(std::nullptr_t) {}
  template <std::integral T>
    requires(std::signed_integral<T> || sizeof(T) < sizeof(std::int64_t))
  Value(T number) : held_(static_cast<std::int64_t>(number)) {}
  Value(double number) : held_(number) {}
  Value(std::string text) : held_(std::move(text)) {}
  Value(std::string_view text) : held_(std::string(text)) {}
  Value(const char* text) : held_(std::string(text)) {}
  Value(Blob blob) : held_(std::move(blob)) {}
  template <class T>
  Value(const std::optional<T>& maybe) {
    if (maybe) *this = Value(*maybe);
  }

  Type type() const noexcept { return static_cast<Type>(held_.index()); }
  bool is_null() const noexcept { return held_.index() == 0; }

  // A value of another type gives the fallback: what is in a database is not for us to assert.

  std::int64_t integer(std::int64_t fallback = 0) const noexcept {
    const auto* number = std::get_if<std::int64_t>(&held_);
    return number != nullptr ? *number : fallback;
  }
  /// An integer is a real number too.
  double real(double fallback = 0) const noexcept {
    if (const auto* number = std::get_if<double>(&held_)) return *number;
    const auto* whole = std::get_if<std::int64_t>(&held_);
    return whole != nullptr ? static_cast<double>(*whole) : fallback;
  }
  /// Lifetime: a view into this value.
  std::string_view text() const noexcept {
    const auto* text = std::get_if<std::string>(&held_);
    return text != nullptr ? std::string_view(*text) : std::string_view();
  }
  std::string_view blob() const noexcept {
    const auto* blob = std::get_if<Blob>(&held_);
    return blob != nullptr ? std::string_view(blob->bytes) : std::string_view();
  }
  std::optional<std::int64_t> maybe_integer() const noexcept {
    if (type() != Type::integer) return std::nullopt;
    return integer();
  }

  friend bool operator==(const Value&, const Value&) = default;

 private:
  std::variant<std::monostate, std::int64_t, double, std::string, Blob> held_;
};

/// For people: "NULL", "12", "0.5", the text itself, "\x00ff".
std::string to_text(const Value& value);

/// What a queue that holds the value should count for it. Units: bytes.
std::size_t size_of(const Value& value) noexcept;

using Row = std::vector<Value>;

/// What a statement gave.
struct Rows {
  std::vector<std::string> columns;
  std::vector<Row> rows;
  std::int64_t changed = 0;  ///< rows inserted, updated or deleted

  bool empty() const noexcept { return rows.empty(); }
  /// The value in the first row's first column; null when there is none.
  Value scalar() const { return rows.empty() || rows[0].empty() ? Value() : rows[0][0]; }
};

}  // namespace weir::db
