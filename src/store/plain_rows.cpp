#include "store/plain_rows.hpp"

#include "store/row_text.hpp"

namespace weir::store {
namespace {

// Reads a row's columns in their order.
class Columns {
 public:
  explicit Columns(const db::Row& row) : row_(row) {}
  std::string text() { return std::string(row_[next_++].text()); }
  std::int64_t integer() { return row_[next_++].integer(); }
  double real() { return row_[next_++].real(); }

 private:
  const db::Row& row_;
  std::size_t next_ = 0;
};

template <class Each>
auto rows_as(base::Result<db::Rows> rows, Each each)
    -> base::Result<std::vector<decltype(each(std::declval<Columns&>()))>> {
  if (!rows) return base::Fail(std::move(rows).error());
  std::vector<decltype(each(std::declval<Columns&>()))> out;
  out.reserve(rows->rows.size());
  for (const db::Row& row : rows->rows) {
    Columns columns(row);
    out.push_back(each(columns));
  }
  return out;
}

std::string word(std::string_view text) { return clean_text(text, kNameBytesMax); }

Write record(Statement statement) {
  std::vector<Statement> statements;
  statements.push_back(std::move(statement));
  return {Kind::record, std::move(statements)};
}

}  // namespace

base::Result<Write> save(const ShardRow& row) {
  WEIR_CHECK(check_name("the shard's name", row.name));
  return record(
      {"INSERT INTO shards(name, kind, range_low, range_high, backend, row_count, state,"
       " updated_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(name) DO UPDATE SET"
       " kind = excluded.kind, range_low = excluded.range_low, range_high = excluded.range_high,"
       " backend = excluded.backend, row_count = excluded.row_count, state = excluded.state,"
       " updated_at_ms = excluded.updated_at_ms",
       {row.name, word(row.kind), word(row.low), word(row.high), clean_text(row.backend), row.rows,
        word(row.state), row.updated_at_ms},
       {}});
}

Write forget_shard(std::string_view name) {
  return record({"DELETE FROM shards WHERE name = ?", {word(name)}, {}});
}

base::Result<std::vector<ShardRow>> list_shards(db::Connection& connection) {
  return rows_as(connection.execute("SELECT name, kind, range_low, range_high, backend, row_count,"
                                    " state, updated_at_ms FROM shards ORDER BY name"),
                 [](Columns& c) {
                   return ShardRow{c.text(), c.text(),    c.text(), c.text(),
                                   c.text(), c.integer(), c.text(), c.integer()};
                 });
}

base::Result<Write> save(const LoadTestRow& row) {
  WEIR_CHECK(check_name("the load test's id", row.id));
  WEIR_CHECK(check_document("the load test's plan", row.plan));
  WEIR_CHECK(check_document("the load test's result", row.result));
  return record(
      {"INSERT INTO load_tests(id, target, plan, state, started_at_ms, ended_at_ms,"
       " result) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET"
       " state = excluded.state, ended_at_ms = excluded.ended_at_ms,"
       " result = excluded.result",
       {row.id, clean_text(row.target), row.plan, word(row.state), row.started_at_ms,
        row.ended_at_ms, row.result},
       {}});
}

base::Result<std::vector<LoadTestRow>> list_load_tests(db::Connection& connection, int limit) {
  return rows_as(
      connection.execute("SELECT id, target, plan, state, started_at_ms, ended_at_ms, result"
                         " FROM load_tests ORDER BY started_at_ms DESC, id LIMIT ?",
                         {limit}),
      [](Columns& c) {
        return LoadTestRow{c.text(),    c.text(),    c.text(), c.text(),
                           c.integer(), c.integer(), c.text()};
      });
}

base::Result<Write> save(const FaultRow& row) {
  WEIR_CHECK(check_name("the fault's id", row.id));
  WEIR_CHECK(check_document("the fault's parameters", row.parameters));
  return record(
      {"INSERT INTO faults(id, kind, scope, parameters, effect, state, who,"
       " started_at_ms, ends_at_ms, ended_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
       " ON CONFLICT(id) DO UPDATE SET effect = excluded.effect, state = excluded.state,"
       " ends_at_ms = excluded.ends_at_ms, ended_at_ms = excluded.ended_at_ms",
       {row.id, word(row.kind), clean_text(row.scope), row.parameters, word(row.effect),
        word(row.state), word(row.who), row.started_at_ms, row.ends_at_ms, row.ended_at_ms},
       {}});
}

base::Result<std::vector<FaultRow>> list_faults(db::Connection& connection, int limit,
                                                bool only_active) {
  std::string sql =
      "SELECT id, kind, scope, parameters, effect, state, who, started_at_ms, ends_at_ms,"
      " ended_at_ms FROM faults";
  if (only_active) sql += " WHERE ended_at_ms = 0";
  sql += " ORDER BY started_at_ms DESC, id LIMIT ?";
  return rows_as(connection.execute(sql, {limit}), [](Columns& c) {
    return FaultRow{c.text(), c.text(), c.text(),    c.text(),    c.text(),
                    c.text(), c.text(), c.integer(), c.integer(), c.integer()};
  });
}

base::Result<Write> save(const AlertRow& row) {
  WEIR_CHECK(check_name("the alert's id", row.id));
  return record(
      {"INSERT INTO alerts(id, rule, subject, severity, state, value, message, since_ms,"
       " resolved_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET"
       " severity = excluded.severity, state = excluded.state, value = excluded.value,"
       " message = excluded.message, resolved_at_ms = excluded.resolved_at_ms",
       {row.id, word(row.rule), word(row.subject), word(row.severity), word(row.state), row.value,
        clean_text(row.message), row.since_ms, row.resolved_at_ms},
       {}});
}

base::Result<std::vector<AlertRow>> list_alerts(db::Connection& connection, int limit) {
  return rows_as(
      connection.execute("SELECT id, rule, subject, severity, state, value, message, since_ms,"
                         " resolved_at_ms FROM alerts ORDER BY since_ms DESC, id LIMIT ?",
                         {limit}),
      [](Columns& c) {
        return AlertRow{c.text(), c.text(), c.text(),    c.text(),   c.text(),
                        c.real(), c.text(), c.integer(), c.integer()};
      });
}

base::Result<Write> save(const RehearsalRow& row) {
  WEIR_CHECK(check_name("the rehearsal's id", row.id));
  WEIR_CHECK(check_document("the rehearsal's plan", row.plan));
  WEIR_CHECK(check_document("the rehearsal's report", row.report));
  return record(
      {"INSERT INTO rehearsals(id, name, plan, state, verdict, report, started_at_ms,"
       " ended_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO UPDATE SET"
       " state = excluded.state, verdict = excluded.verdict, report = excluded.report,"
       " ended_at_ms = excluded.ended_at_ms",
       {row.id, word(row.name), row.plan, word(row.state), word(row.verdict), row.report,
        row.started_at_ms, row.ended_at_ms},
       {}});
}

base::Result<std::vector<RehearsalRow>> list_rehearsals(db::Connection& connection, int limit) {
  return rows_as(
      connection.execute("SELECT id, name, plan, state, verdict, report, started_at_ms,"
                         " ended_at_ms FROM rehearsals ORDER BY started_at_ms DESC, id LIMIT ?",
                         {limit}),
      [](Columns& c) {
        return RehearsalRow{c.text(), c.text(), c.text(),    c.text(),
                            c.text(), c.text(), c.integer(), c.integer()};
      });
}

base::Result<Write> insert(const ScalerDecisionRow& row) {
  WEIR_CHECK(check_name("the service's name", row.service));
  WEIR_CHECK(check_document("the decision's facts", row.facts));
  return record(
      {"INSERT INTO scaler_decisions(at_ms, service, from_replicas, to_replicas, reason,"
       " facts, applied) VALUES (?, ?, ?, ?, ?, ?, ?)",
       {row.at_ms, row.service, row.from_replicas, row.to_replicas, clean_text(row.reason),
        row.facts, row.applied ? 1 : 0},
       {}});
}

base::Result<std::vector<ScalerDecisionRow>> list_scaler_decisions(db::Connection& connection,
                                                                   std::string_view service,
                                                                   int limit) {
  return rows_as(
      connection.execute("SELECT at_ms, service, from_replicas, to_replicas, reason, facts, applied"
                         " FROM scaler_decisions WHERE service = ? ORDER BY id DESC LIMIT ?",
                         {service, limit}),
      [](Columns& c) {
        return ScalerDecisionRow{c.integer(), c.text(), c.integer(),     c.integer(),
                                 c.text(),    c.text(), c.integer() != 0};
      });
}

}  // namespace weir::store
