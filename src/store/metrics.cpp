#include "store/metrics.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "store/row_text.hpp"

namespace weir::store {

namespace {

// Rows of a statement: few statements are few round trips, and each text is prepared once.
constexpr std::array<std::size_t, 3> kStatementRows = {64, 8, 1};

std::string insert_text(std::size_t rows) {
  std::string out = "INSERT INTO metrics(at_ms, subject, name, value) VALUES ";
  for (std::size_t i = 0; i < rows; ++i) out += i == 0 ? "(?, ?, ?, ?)" : ", (?, ?, ?, ?)";
  return out;
}

const std::array<std::string, kStatementRows.size()>& insert_texts() {
  static const std::array<std::string, kStatementRows.size()> kTexts = {
      insert_text(kStatementRows[0]), insert_text(kStatementRows[1]),
      insert_text(kStatementRows[2])};
  return kTexts;
}

base::Result<void> check_sample(const MetricSample& sample) {
  WEIR_CHECK(check_name("the subject", sample.subject));
  WEIR_CHECK(check_name("the metric's name", sample.name));
  if (std::isfinite(sample.value)) return {};
  return base::fail(base::Errc::invalid_argument,
                    fmt::format("{} of {} is not a finite number", sample.name, sample.subject));
}

}  // namespace

base::Result<Write> insert(const MetricSample& sample) { return insert(std::span(&sample, 1)); }

base::Result<Write> insert(std::span<const MetricSample> samples) {
  if (samples.empty() || samples.size() > kSamplesMax) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("1 to {} samples are wanted", kSamplesMax));
  }
  for (const MetricSample& each : samples) {
    WEIR_CHECK(check_sample(each));
  }
  Write out{Kind::sample, {}};
  for (std::size_t size = 0; size < kStatementRows.size(); ++size) {
    const std::size_t rows = kStatementRows[size];
    while (samples.size() >= rows) {
      std::vector<db::Value> parameters;
      parameters.reserve(4 * rows);
      for (const MetricSample& each : samples.first(rows)) {
        parameters.emplace_back(each.at_ms);
        parameters.emplace_back(each.subject);
        parameters.emplace_back(each.name);
        parameters.emplace_back(each.value);
      }
      out.statements.push_back({insert_texts()[size], std::move(parameters), {}});
      samples = samples.subspan(rows);
    }
  }
  return out;
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
