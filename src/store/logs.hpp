#pragma once
// Logs: the event log. Rows come from whoever has something to tell; they are read newest first.

#include <cstdint>
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "store/write.hpp"
#include "telemetry/log_entry.hpp"

namespace weir::store {

struct LogRow {
  std::int64_t id = 0;  ///< given by the database
  std::int64_t at_ms = 0;
  telemetry::Level level = telemetry::Level::info;
  std::string service;    ///< whom it is about; may be empty
  std::string component;  ///< the part of weir that says it
  std::string message;
  std::string fields = "{}";  ///< a JSON object
};

/// Texts are repaired and cut to their bounds; fields that are no JSON object become {}.
Write insert(const LogRow& row);

inline constexpr int kLogPageMax = 1'000;

struct LogQuery {
  int limit = 100;                                   ///< 1 to kLogPageMax
  telemetry::Level level = telemetry::Level::debug;  ///< this and worse
  std::string service;                               ///< empty: all
  std::int64_t since_ms = 0;
  std::int64_t before_id = 0;  ///< 0: from the newest; else the last id of the page before
  std::int64_t after_id = 0;   ///< only newer ones than this
  std::string text;            ///< contained in the message; upper and lower case are one (ASCII)
};

/// Newest first. Fails: invalid_argument for a limit out of range; as execute().
base::Result<std::vector<LogRow>> read_logs(db::Connection& connection, const LogQuery& query);

}  // namespace weir::store
