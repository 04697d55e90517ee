#include "store/metrics.hpp"

#include <fmt/format.h>

#include <cmath>

#include "store/row_text.hpp"

namespace weir::store {

base::Result<Write> insert(const MetricSample& sample) {
  WEIR_CHECK(check_name("the subject", sample.subject));
  WEIR_CHECK(check_name("the metric's name", sample.name));
  if (!std::isfinite(sample.value)) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("{} of {} is not a finite number", sample.name, sample.subject));
  }
  return Write{Kind::sample,
               {{"INSERT INTO metrics(at_ms, subject, name, value) VALUES (?, ?, ?, ?)",
                 {sample.at_ms, sample.subject, sample.name, sample.value},
                 {}}}};
}

base::Result<std::vector<MetricPoint>> read_metric(db::Connection& connection,
                                                   const MetricQuery& query) {
  if (query.step_ms < 1 || query.to_ms < query.from_ms || query.from_ms < 0 ||
      (query.to_ms - query.from_ms) / query.step_ms > kMetricPointsMax) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("a range of 0 to {} steps is wanted", kMetricPointsMax));
  }
  WEIR_TRY(
      const db::Rows rows,
      connection.execute("SELECT at_ms / ?, avg(value), min(value), max(value), count(*)"
                         " FROM metrics WHERE subject = ? AND name = ?"
                         " AND at_ms >= ? AND at_ms < ? GROUP BY 1 ORDER BY 1",
                         {query.step_ms, query.subject, query.name, query.from_ms, query.to_ms}));
  std::vector<MetricPoint> out;
  out.reserve(rows.rows.size());
  for (const db::Row& row : rows.rows) {
    out.push_back({row[0].integer() * query.step_ms, row[1].real(), row[2].real(), row[3].real(),
                   row[4].integer()});
  }
  return out;
}

}  // namespace weir::store
