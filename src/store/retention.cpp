#include "store/retention.hpp"

#include <array>
#include <chrono>

namespace weir::store {
namespace {

struct Trimmed {
  Bound Retention::* bound;
  std::string_view by_age;
  std::string_view by_rows;
};

// Ids only grow, so the newest rows_max ids hold at most rows_max rows: no counting of the table.
constexpr std::array kTrimmed = {
    Trimmed{&Retention::logs,
            "DELETE FROM logs WHERE id IN"
            " (SELECT id FROM logs WHERE at_ms < ? ORDER BY at_ms LIMIT ?)",
            "DELETE FROM logs WHERE id IN (SELECT id FROM logs WHERE id <="
            " (SELECT coalesce(max(id), 0) FROM logs) - ? ORDER BY id LIMIT ?)"},
    Trimmed{&Retention::metrics,
            "DELETE FROM metrics WHERE id IN"
            " (SELECT id FROM metrics WHERE at_ms < ? ORDER BY at_ms LIMIT ?)",
            "DELETE FROM metrics WHERE id IN (SELECT id FROM metrics WHERE id <="
            " (SELECT coalesce(max(id), 0) FROM metrics) - ? ORDER BY id LIMIT ?)"},
    Trimmed{&Retention::scaler_decisions,
            "DELETE FROM scaler_decisions WHERE id IN"
            " (SELECT id FROM scaler_decisions WHERE at_ms < ? ORDER BY at_ms LIMIT ?)",
            "DELETE FROM scaler_decisions WHERE id IN (SELECT id FROM scaler_decisions WHERE id <="
            " (SELECT coalesce(max(id), 0) FROM scaler_decisions) - ? ORDER BY id LIMIT ?)"},
    Trimmed{&Retention::audit,
            "DELETE FROM audit WHERE id IN"
            " (SELECT id FROM audit WHERE at_ms < ? ORDER BY at_ms LIMIT ?)",
            "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id <="
            " (SELECT coalesce(max(id), 0) FROM audit) - ? ORDER BY id LIMIT ?)"},
};

}  // namespace

std::vector<Statement> trim_statements(const Retention& retention, std::int64_t now_ms) {
  std::vector<Statement> out;
  for (const Trimmed& table : kTrimmed) {
    const Bound& bound = retention.*table.bound;
    if (bound.age_max > base::Duration(0)) {
      const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(bound.age_max);
      out.push_back({table.by_age, {now_ms - age.count(), kTrimRows}, {}});
    }
    if (bound.rows_max > 0) out.push_back({table.by_rows, {bound.rows_max, kTrimRows}, {}});
  }
  return out;
}

}  // namespace weir::store
