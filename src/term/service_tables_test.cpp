#include "term/service_tables.hpp"

#include <gtest/gtest.h>

#include "term/golden_fixture.hpp"
#include "term/text_width.hpp"
#include "term/traffic_fixture.hpp"

namespace weir::term::service_tables_test {

std::string all_of(std::size_t width) {
  const Traffic traffic = fixture();
  std::string out = to_text(service_lines(traffic, width), false);
  for (const Service& each : traffic.services) {
    out += "\n" + to_text(endpoint_lines(each, width), false);
  }
  return out;
}

TEST(ServiceTables, At80And200Columns) {
  expect_golden("services_80", all_of(80));
  expect_golden("services_200", all_of(200));
}

TEST(ServiceTables, StatusAt80And200Columns) {
  expect_golden("status_80", to_text(status_lines(fixture(), 80), false));
  expect_golden("status_200", to_text(status_lines(fixture(), 200), false));
}

TEST(ServiceTables, NoWidthIsTooNarrow) {
  const Traffic traffic = fixture();
  for (std::size_t width = 0; width < 220; ++width) {
    std::vector<Line> lines = status_lines(traffic, width);
    for (const Line& line : endpoint_lines(traffic.services[1], width)) lines.push_back(line);
    for (const Line& line : lines) EXPECT_LE(columns_of(line), width);
  }
}

TEST(ServiceTables, NothingToShowIsNoMistake) {
  EXPECT_EQ(to_text(service_lines({}, 80), false),
            "id service state algorithm up req/s err % p50 ms p95 ms p99 ms in fl breaker\n");
  EXPECT_NE(to_text(status_lines({}, 80), false).find("0 of 0 services well"), std::string::npos);
  EXPECT_FALSE(endpoint_lines({}, 80).empty());
}

}  // namespace weir::term::service_tables_test
