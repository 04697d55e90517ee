#pragma once
// DecisionView: one exchange with every decision that was made for it, as `weir explain` tells it.

#include <cstdint>
#include <memory>
#include <string>

#include "telemetry/reason.hpp"
#include "upstream/attempt_trace.hpp"

namespace weir::gateway {

struct DecisionView {
  std::string request_id;
  std::int64_t wall_ms = 0;  ///< when it began
  unsigned lane = 0;
  std::string method;
  std::string path;
  std::string client;
  std::string service;
  std::string route;  ///< path prefix of the route
  std::uint16_t status = 0;
  telemetry::Reason reason = telemetry::Reason::ok;
  telemetry::Flags flags;
  std::string detail;  ///< of the problem answered, or empty
  base::Duration took{};
  std::uint32_t attempts_made = 0;  ///< notes hold at most the first few
  upstream::AttemptNotes attempts;
  /// Null: picks were not traced, since nobody knew that this exchange would fail.
  std::shared_ptr<const upstream::AttemptTrace> trace;
};

}  // namespace weir::gateway
