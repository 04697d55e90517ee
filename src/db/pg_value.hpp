#pragma once
// PgParameters and pg_value(): values to and from what libpq carries. Text format both ways, since
// it is the same for every server version; only bytes go out as bytes.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/value.hpp"

namespace weir::db {

/// The arrays libpq wants. Lifetime: views into the values, which outlive this.
class PgParameters {
 public:
  explicit PgParameters(std::span<const Value> values);
  PgParameters(const PgParameters&) = delete;
  PgParameters& operator=(const PgParameters&) = delete;

  int count() const noexcept { return static_cast<int>(starts_.size()); }
  const unsigned* types() const noexcept { return types_.data(); }
  const char* const* starts() const noexcept { return starts_.data(); }
  const int* lengths() const noexcept { return lengths_.data(); }
  const int* formats() const noexcept { return formats_.data(); }
  /// One letter a parameter: statements are prepared for types.
  const std::string& signature() const noexcept { return signature_; }

 private:
  std::vector<std::string> texts_;  // never grows after construction: starts_ points into it
  std::vector<unsigned> types_;
  std::vector<const char*> starts_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::string signature_;
};

/// A result's value from its text form. Source: the catalog pg_type for the numbers of types.
/// Integers and bool become integer, floats real, bytea blob; all else stays text.
Value pg_value(unsigned type, std::string_view text);

}  // namespace weir::db
