#pragma once
// Write: one change of the store, made by a repository and carried out by the writer. All its
// statements take effect together or not at all. A value: making one touches no database.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "db/value.hpp"

namespace weir::store {

/// What may be given up when there is no room: samples first, then log rows, records never.
enum class Kind : std::uint8_t { sample, log, record };
inline constexpr std::size_t kKinds = 3;

struct Statement {
  std::string_view sql;  ///< a literal
  std::vector<db::Value> parameters;
  /// Set: changing no row is the error not_found with this text, and undoes the whole write.
  std::string_view absent;
};

struct Write {
  Kind kind = Kind::record;
  std::vector<Statement> statements;
};

/// Hears once what became of a write, on the writer's thread or on that of a caller whose write
/// took its place. Must not block. Success means: on the disk.
using Done = std::move_only_function<void(base::Result<void>)>;

/// What a write counts for in the queue. Units: bytes, roughly.
inline std::size_t size_of(const Write& write) noexcept {
  std::size_t bytes = sizeof(Write);
  for (const Statement& statement : write.statements) {
    bytes += sizeof(Statement);
    for (const db::Value& value : statement.parameters) bytes += db::size_of(value);
  }
  return bytes;
}

}  // namespace weir::store
