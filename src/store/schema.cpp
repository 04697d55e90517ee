#include "store/schema.hpp"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "base/text.hpp"

namespace weir::store {
namespace {

const std::vector<db::Migration>& all_migrations() {
  static const std::vector<db::Migration> kAll = {
      {1,
       "first tables",
       {
           "CREATE TABLE services(number {id}, name {text} NOT NULL UNIQUE,"
           " definition {text} NOT NULL, created_at_ms {int} NOT NULL,"
           " updated_at_ms {int} NOT NULL, removed_at_ms {int} NOT NULL DEFAULT 0) {strict}",
           "CREATE TABLE circuit_breakers(service {text} NOT NULL, endpoint {text} NOT NULL,"
           " state {text} NOT NULL, forced {int} NOT NULL, reason {text} NOT NULL,"
           " failures {int} NOT NULL, opened_at_ms {int} NOT NULL, changed_at_ms {int} NOT NULL,"
           " PRIMARY KEY(service, endpoint)) {strict}",
           "CREATE TABLE metrics(id {id}, at_ms {int} NOT NULL, subject {text} NOT NULL,"
           " name {text} NOT NULL, value {real} NOT NULL) {strict}",
           "CREATE INDEX metrics_by_series ON metrics(subject, name, at_ms)",
           "CREATE INDEX metrics_by_time ON metrics(at_ms)",
           "CREATE TABLE shards(name {text} PRIMARY KEY, kind {text} NOT NULL,"
           " range_low {text} NOT NULL, range_high {text} NOT NULL, backend {text} NOT NULL,"
           " row_count {int} NOT NULL, state {text} NOT NULL, updated_at_ms {int} NOT NULL)"
           " {strict}",
           "CREATE TABLE logs(id {id}, at_ms {int} NOT NULL, level {text} NOT NULL,"
           " service {text} NOT NULL, component {text} NOT NULL, message {text} NOT NULL,"
           " fields {text} NOT NULL) {strict}",
           "CREATE INDEX logs_by_time ON logs(at_ms)",
           "CREATE TABLE load_tests(id {text} PRIMARY KEY, target {text} NOT NULL,"
           " plan {text} NOT NULL, state {text} NOT NULL, started_at_ms {int} NOT NULL,"
           " ended_at_ms {int} NOT NULL, result {text} NOT NULL) {strict}",
           "CREATE INDEX load_tests_by_time ON load_tests(started_at_ms)",
           "CREATE TABLE users(id {id}, name {text} NOT NULL UNIQUE, role {text} NOT NULL,"
           " password_hash {text} NOT NULL, disabled {int} NOT NULL DEFAULT 0,"
           " created_at_ms {int} NOT NULL, updated_at_ms {int} NOT NULL) {strict}",
           "CREATE TABLE tokens(id {id},"
           " user_id {int} NOT NULL REFERENCES users(id) ON DELETE CASCADE,"
           " name {text} NOT NULL, token_hash {text} NOT NULL UNIQUE,"
           " created_at_ms {int} NOT NULL, expires_at_ms {int} NOT NULL DEFAULT 0,"
           " used_at_ms {int} NOT NULL DEFAULT 0, revoked_at_ms {int} NOT NULL DEFAULT 0)"
           " {strict}",
           "CREATE INDEX tokens_by_user ON tokens(user_id)",
           "CREATE TABLE faults(id {text} PRIMARY KEY, kind {text} NOT NULL,"
           " scope {text} NOT NULL, parameters {text} NOT NULL, effect {text} NOT NULL,"
           " state {text} NOT NULL, who {text} NOT NULL, started_at_ms {int} NOT NULL,"
           " ends_at_ms {int} NOT NULL, ended_at_ms {int} NOT NULL) {strict}",
           "CREATE INDEX faults_by_time ON faults(started_at_ms)",
           "CREATE TABLE alerts(id {text} PRIMARY KEY, rule {text} NOT NULL,"
           " subject {text} NOT NULL, severity {text} NOT NULL, state {text} NOT NULL,"
           " value {real} NOT NULL, message {text} NOT NULL, since_ms {int} NOT NULL,"
           " resolved_at_ms {int} NOT NULL) {strict}",
           "CREATE INDEX alerts_by_time ON alerts(since_ms)",
           "CREATE TABLE rehearsals(id {text} PRIMARY KEY, name {text} NOT NULL,"
           " plan {text} NOT NULL, state {text} NOT NULL, verdict {text} NOT NULL,"
           " report {text} NOT NULL, started_at_ms {int} NOT NULL, ended_at_ms {int} NOT NULL)"
           " {strict}",
           "CREATE INDEX rehearsals_by_time ON rehearsals(started_at_ms)",
           "CREATE TABLE overlay(key {text} PRIMARY KEY, value {text} NOT NULL,"
           " origin {text} NOT NULL, who {text} NOT NULL, at_ms {int} NOT NULL) {strict}",
           "CREATE TABLE scaler_decisions(id {id}, at_ms {int} NOT NULL, service {text} NOT NULL,"
           " from_replicas {int} NOT NULL, to_replicas {int} NOT NULL, reason {text} NOT NULL,"
           " facts {text} NOT NULL, applied {int} NOT NULL) {strict}",
           "CREATE INDEX scaler_decisions_by_time ON scaler_decisions(at_ms)",
           "CREATE TABLE audit(id {id}, at_ms {int} NOT NULL, who {text} NOT NULL,"
           " what {text} NOT NULL, subject {text} NOT NULL, before_value {text},"
           " after_value {text}) {strict}",
           "CREATE INDEX audit_by_time ON audit(at_ms)",
           "CREATE TABLE store_writers(id {text} PRIMARY KEY, batch {int} NOT NULL,"
           " at_ms {int} NOT NULL) {strict}",
       }},
      // A token is nobody's: a machine's work must not end when a person leaves. None was made yet.
      {2,
       "tokens with a role of their own, and where a change came from",
       {
           "DROP TABLE tokens",
           "CREATE TABLE tokens(id {id}, name {text} NOT NULL, kind {text} NOT NULL,"
           " role {text} NOT NULL, token_hash {text} NOT NULL UNIQUE, created_by {text} NOT NULL,"
           " created_at_ms {int} NOT NULL, expires_at_ms {int} NOT NULL DEFAULT 0,"
           " used_at_ms {int} NOT NULL DEFAULT 0, revoked_at_ms {int} NOT NULL DEFAULT 0)"
           " {strict}",
           "ALTER TABLE audit ADD COLUMN came_from {text} NOT NULL DEFAULT ''",
       }},
      {3,
       "what the file said when a value was laid over it",
       {
           "ALTER TABLE overlay ADD COLUMN file_value {text} NOT NULL DEFAULT ''",
       }},
      // Samples come by time: an index by series is written all over the place, 14 MB for 1,200 of
      // them against 0.4 MB (SQLite, 480,000 rows). A range of one series reads those of the
      // others.
      {4,
       "samples are found by time first",
       {
           "DROP INDEX metrics_by_series",
           "DROP INDEX metrics_by_time",
           "CREATE INDEX metrics_by_time ON metrics(at_ms, subject, name)",
       }},
  };
  return kAll;
}

constexpr std::array kCatalogue = {
    Table{"alerts", "alerts that fired, with when they were resolved", "since_ms DESC, id", ""},
    Table{"audit", "who changed what, with the value before and after", "id DESC", ""},
    Table{"circuit_breakers", "last known state of each breaker", "service, endpoint", ""},
    Table{"faults", "injected faults, running and over", "started_at_ms DESC, id", ""},
    Table{"load_tests", "load runs with their result", "started_at_ms DESC, id", ""},
    Table{"logs", "the event log", "id DESC", ""},
    Table{"metrics", "down-sampled samples", "id DESC", ""},
    Table{"overlay", "changes made at run time that outlive a restart", "key", ""},
    Table{"rehearsals", "rehearsals with their verdict", "started_at_ms DESC, id", ""},
    Table{"scaler_decisions", "what the scaler decided, and why", "id DESC", ""},
    Table{"schema_migrations", "versions of the tables", "component, version DESC", ""},
    Table{"services", "services with their stable numbers", "number", ""},
    Table{"shards", "shards and where they are", "name", ""},
    Table{"tokens", "access tokens, by their hash", "id DESC", "token_hash"},
    Table{"users", "who may log in, and as what", "name", "password_hash"},
};

}  // namespace

std::span<const db::Migration> migrations() { return all_migrations(); }

std::span<const Table> catalogue() { return kCatalogue; }

base::Result<Table> find_table(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Table& table : kCatalogue) {
    if (table.name == name) return table;
    names.push_back(table.name);
  }
  const std::string_view near = base::nearest(name, names);
  std::string text = fmt::format("the store has no table `{}`", name);
  if (!near.empty()) text += fmt::format(", did you mean `{}`", near);
  return base::fail(base::Errc::not_found,
                    fmt::format("{}; there are {}", text, fmt::join(names, ", ")));
}

}  // namespace weir::store
