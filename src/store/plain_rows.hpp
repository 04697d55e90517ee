#pragma once
// Plain rows: tables without rules of their own. The parts that own the things decide what is in a
// row; here is how it is kept. Saving a row with an id that exists replaces it.

#include <cstdint>
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "store/write.hpp"

namespace weir::store {

struct ShardRow {
  std::string name;
  std::string kind;  ///< "range", "hash"
  std::string low;   ///< of a range: first key; of a hash shard: first slot
  std::string high;  ///< not included
  std::string backend;
  std::int64_t rows = 0;
  std::string state;
  std::int64_t updated_at_ms = 0;
};

struct LoadTestRow {
  std::string id;
  std::string target;
  std::string plan;   ///< JSON
  std::string state;  ///< "running", "done", "stopped", "failed"
  std::int64_t started_at_ms = 0;
  std::int64_t ended_at_ms = 0;  ///< 0: not yet
  std::string result = "{}";     ///< JSON
};

struct FaultRow {
  std::string id;
  std::string kind;
  std::string scope;
  std::string parameters = "{}";  ///< JSON
  std::string effect;             ///< "real", "model"
  std::string state;              ///< "active", "ended", "swept"
  std::string who;
  std::int64_t started_at_ms = 0;
  std::int64_t ends_at_ms = 0;   ///< when it is due to end
  std::int64_t ended_at_ms = 0;  ///< 0: not yet
};

struct AlertRow {
  std::string id;
  std::string rule;
  std::string subject;
  std::string severity;
  std::string state;  ///< "firing", "resolved"
  double value = 0;
  std::string message;
  std::int64_t since_ms = 0;
  std::int64_t resolved_at_ms = 0;  ///< 0: not yet
};

struct RehearsalRow {
  std::string id;
  std::string name;
  std::string plan;  ///< JSON
  std::string state;
  std::string verdict;        ///< empty while it runs
  std::string report = "{}";  ///< JSON
  std::int64_t started_at_ms = 0;
  std::int64_t ended_at_ms = 0;
};

struct ScalerDecisionRow {
  std::int64_t at_ms = 0;
  std::string service;
  std::int64_t from_replicas = 0;
  std::int64_t to_replicas = 0;
  std::string reason;
  std::string facts = "{}";  ///< JSON
  bool applied = false;
};

// Fails: invalid_argument for an id or name that is none, or a document that is no JSON.

base::Result<Write> save(const ShardRow& row);
base::Result<Write> save(const LoadTestRow& row);
base::Result<Write> save(const FaultRow& row);
base::Result<Write> save(const AlertRow& row);
base::Result<Write> save(const RehearsalRow& row);
/// Adds: a decision is never changed.
base::Result<Write> insert(const ScalerDecisionRow& row);

/// Shards that are gone.
Write forget_shard(std::string_view name);

// Newest first, at most `limit` (by name for shards). Fails: as execute().

base::Result<std::vector<ShardRow>> list_shards(db::Connection& connection);
base::Result<std::vector<LoadTestRow>> list_load_tests(db::Connection& connection, int limit);
base::Result<std::vector<FaultRow>> list_faults(db::Connection& connection, int limit,
                                                bool only_active = false);
base::Result<std::vector<AlertRow>> list_alerts(db::Connection& connection, int limit);
base::Result<std::vector<RehearsalRow>> list_rehearsals(db::Connection& connection, int limit);
base::Result<std::vector<ScalerDecisionRow>> list_scaler_decisions(db::Connection& connection,
                                                                   std::string_view service,
                                                                   int limit);

}  // namespace weir::store
