#include "store/circuit_breakers.hpp"

#include <fmt/format.h>

#include "store/row_text.hpp"

namespace weir::store {

base::Result<Write> save_breaker(const BreakerRow& row) {
  WEIR_CHECK(check_name("the breaker's service", row.service));
  if (!row.endpoint.empty()) {
    WEIR_CHECK(check_name("the breaker's endpoint", row.endpoint));
  }
  if (row.state != "closed" && row.state != "open" && row.state != "half_open") {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("a breaker is closed, open or half_open, not `{}`",
                                  clean_text(row.state, kNameBytesMax)));
  }
  // Like a log row: while the database is away a flapping breaker must not fill the queue. The
  // oldest goes first, so the last state is the one that stays.
  return Write{
      Kind::log,
      {{"INSERT INTO circuit_breakers(service, endpoint, state, forced, reason, failures,"
        " opened_at_ms, changed_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT(service, endpoint) DO UPDATE SET state = excluded.state,"
        " forced = excluded.forced, reason = excluded.reason, failures = excluded.failures,"
        " opened_at_ms = excluded.opened_at_ms, changed_at_ms = excluded.changed_at_ms"
        " WHERE excluded.changed_at_ms >= circuit_breakers.changed_at_ms",
        {row.service, row.endpoint, row.state, row.forced ? 1 : 0, clean_text(row.reason),
         row.failures, row.opened_at_ms, row.changed_at_ms},
        {}}}};
}

Write forget_breakers(std::string_view service, std::string_view endpoint) {
  const std::string name = clean_text(service, kNameBytesMax);
  if (endpoint.empty()) {
    return {Kind::record, {{"DELETE FROM circuit_breakers WHERE service = ?", {name}, {}}}};
  }
  return {Kind::record,
          {{"DELETE FROM circuit_breakers WHERE service = ? AND endpoint = ?",
            {name, clean_text(endpoint, kNameBytesMax)},
            {}}}};
}

Write forget_all_breakers() { return {Kind::record, {{"DELETE FROM circuit_breakers", {}, {}}}}; }

base::Result<std::vector<BreakerRow>> list_breakers(db::Connection& connection) {
  WEIR_TRY(const db::Rows rows,
           connection.execute("SELECT service, endpoint, state, forced, reason, failures,"
                              " opened_at_ms, changed_at_ms FROM circuit_breakers"
                              " ORDER BY service, endpoint"));
  std::vector<BreakerRow> out;
  for (const db::Row& row : rows.rows) {
    out.push_back({std::string(row[0].text()), std::string(row[1].text()),
                   std::string(row[2].text()), row[3].integer() != 0, std::string(row[4].text()),
                   row[5].integer(), row[6].integer(), row[7].integer()});
  }
  return out;
}

}  // namespace weir::store
