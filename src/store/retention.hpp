#pragma once
// Retention: which old rows go, by number and by age. The tables that grow by themselves are here;
// the others grow with what people do.

#include <cstdint>
#include <vector>

#include "base/clock.hpp"
#include "store/write.hpp"

namespace weir::store {

/// 0 = no bound.
struct Bound {
  std::int64_t rows_max = 0;
  base::Duration age_max{0};
};

struct Retention {
  Bound logs{100'000, std::chrono::hours(24 * 7)};
  /// A day of 200 subjects with six figures each, every 10 s, is 10.4 million; 140 bytes each.
  Bound metrics{12'000'000, std::chrono::hours(25)};
  Bound scaler_decisions{20'000, {}};
  Bound audit{100'000, {}};
};

/// Rows a statement deletes at most: a long one would keep the writes waiting.
inline constexpr std::int64_t kTrimRows = 2'000;

/// Each deletes at most kTrimRows of the oldest rows beyond a bound; run each again while it
/// deletes that many. Pure.
std::vector<Statement> trim_statements(const Retention& retention, std::int64_t now_ms);

}  // namespace weir::store
