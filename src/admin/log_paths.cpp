// AdminHandler, the paths that show the event log and the store's tables.
#include <fmt/format.h>

#include "admin/admin_handler.hpp"
#include "admin/answer.hpp"
#include "admin/page.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"

namespace weir::admin {
namespace {

static_assert(kPageMax <= store::kLogPageMax && kPageMax <= store::kShowPageMax);

// Smaller numbers are ids of entries, not milliseconds since 1970 (2001 was 10^12).
constexpr std::uint64_t kFirstTime = 1'000'000'000'000;

base::Result<store::LogQuery> log_query(const AdminRequest& request) {
  store::LogQuery query;
  WEIR_TRY(const std::int64_t limit, number_in(request.query, "limit", 1, kPageMax, kRecordsPage));
  query.limit = static_cast<int>(limit);
  WEIR_TRY(query.before_id, number_in(request.query, "before", 1, kIdMax, 0));
  WEIR_TRY(query.after_id, number_in(request.query, "after", 0, kIdMax, 0));
  if (const auto level = query_parameter(request.query, "level"); level) {
    const auto parsed = telemetry::parse_level(*level);
    if (!parsed || *parsed == telemetry::Level::off) {
      return base::fail(base::Errc::invalid_argument, "level: not one of debug, info, warn, error");
    }
    query.level = *parsed;
  }
  query.service = query_value(request.query, "service");
  query.text = query_value(request.query, "text");
  const std::string since = query_value(request.query, "since");
  if (since.empty()) return query;
  if (const auto number = base::parse_uint(since); number && *number < kFirstTime) {
    query.after_id = static_cast<std::int64_t>(*number);
  } else if (number && *number < static_cast<std::uint64_t>(kIdMax)) {
    query.since_ms = static_cast<std::int64_t>(*number);
  } else if (const auto time = base::parse_rfc3339(since); time) {
    query.since_ms = *time;
  } else {
    return base::fail(
        base::Errc::invalid_argument,
        "since: not a time such as 2026-11-21T08:00:00Z, nor milliseconds since 1970, "
        "nor an entry's id");
  }
  return query;
}

base::json::value cell(const db::Value& value) {
  switch (value.type()) {
    case db::Value::Type::null:
      return nullptr;
    case db::Value::Type::integer:
      return value.integer();
    case db::Value::Type::real:
      return value.real();
    case db::Value::Type::blob:
      return base::json::string(fmt::format("{} bytes", value.blob().size()));
    case db::Value::Type::text:
      break;
  }
  return base::json::string(value.text());
}

}  // namespace

AdminHandler::Answer AdminHandler::event_log(AdminRequest request) {
  auto query = log_query(request);
  if (!query) co_return from_error(query.error());
  const auto limit = static_cast<std::size_t>(query->limit);
  auto reading = port_.logs(std::move(*query));
  const auto rows = co_await reading;
  if (!rows) co_return from_error(rows.error());
  base::json::array logs;
  for (const store::LogRow& row : *rows) {
    auto fields = base::parse_json(row.fields);
    base::json::object each{{"id", row.id},
                            {"time", base::json::string(base::rfc3339(row.at_ms).text)},
                            {"level", base::json::string(telemetry::name(row.level))},
                            {"component", row.component},
                            {"service", row.service},
                            {"message", row.message}};
    each["fields"] = fields ? std::move(*fields) : base::json::value(base::json::object());
    logs.push_back(std::move(each));
  }
  const std::size_t count = logs.size();
  base::json::object out{{"logs", std::move(logs)}, {"count", count}, {"limit", limit}};
  out["nextBefore"] = nullptr;
  if (rows->size() == limit) out["nextBefore"] = rows->back().id;
  co_return json(out);
}

// A store that is away is no failure of this path: saying so is what it is for.
AdminHandler::Answer AdminHandler::store_list(AdminRequest) {
  const auto before = port_.store_health();
  base::Result<std::vector<store::TableSize>> tables = std::vector<store::TableSize>();
  if (!before || before->ok) {
    auto reading = port_.store_tables();
    tables = co_await reading;
  }
  if (!tables && !before) co_return from_error(tables.error());
  base::json::array out;
  if (tables) {
    for (const store::TableSize& each : *tables) {
      out.push_back(base::json::object{{"table", base::json::string(each.name)},
                                       {"about", base::json::string(each.about)},
                                       {"rows", each.rows}});
    }
  }
  base::json::object answer{{"tables", std::move(out)}};
  if (const auto health = port_.store_health(); health) {
    const bool is_ok = health->ok && tables.has_value();
    std::string reason = health->reason;
    if (reason.empty() && !tables) reason = tables.error().detail();
    answer["health"] = base::json::object{{"state", is_ok ? "ok" : "degraded"},
                                          {"reason", std::move(reason)},
                                          {"queued", health->queued_rows},
                                          {"written", health->written},
                                          {"rejected", health->rejected},
                                          {"droppedLogs", health->dropped_logs},
                                          {"droppedSamples", health->dropped_samples}};
  }
  co_return json(answer);
}

AdminHandler::Answer AdminHandler::store_show(AdminRequest request) {
  const auto limit = number_in(request.query, "limit", 1, kPageMax, kRecordsPage);
  if (!limit) co_return from_error(limit.error());
  const auto offset = number_in(request.query, "offset", 0, kOffsetMax, 0);
  if (!offset) co_return from_error(offset.error());
  auto reading = port_.store_rows(request.id, *limit, *offset);
  const auto rows = co_await reading;
  if (!rows) co_return from_error(rows.error());
  base::json::array columns;
  for (const std::string& each : rows->columns) columns.emplace_back(each);
  base::json::array out;
  for (const db::Row& row : rows->rows) {
    base::json::array cells;
    for (const db::Value& value : row) cells.push_back(cell(value));
    out.push_back(std::move(cells));
  }
  base::json::object answer{{"table", request.id},
                            {"columns", std::move(columns)},
                            {"rows", std::move(out)},
                            {"limit", *limit},
                            {"offset", *offset}};
  answer["nextOffset"] = nullptr;
  if (rows->rows.size() == static_cast<std::size_t>(*limit)) {
    answer["nextOffset"] = *offset + *limit;
  }
  co_return json(answer);
}

}  // namespace weir::admin
