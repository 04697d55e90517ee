#pragma once
// DecisionView: one exchange with every decision that was made for it, as `weir explain` tells it;
// ExplainedRequest: the same for a request that is not sent. Plain values.

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

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

/// Which decisions are wanted. Empty texts: all.
struct DecisionFilter {
  std::size_t limit = 50;
  std::string service;  ///< name
  std::string reason;   ///< code
};

inline bool wants(const DecisionFilter& filter, const DecisionView& decision) noexcept {
  return (filter.service.empty() || filter.service == decision.service) &&
         (filter.reason.empty() || filter.reason == telemetry::code(decision.reason));
}

/// A request that is not sent.
struct RequestSketch {
  std::size_t listener = 0;
  std::string method = "GET";
  std::string target = "/";
  std::string client = "127.0.0.1";  ///< address
  std::vector<std::pair<std::string, std::string>> fields;
};

/// What would be done with it now. Without a route there is no service, without a service no pick.
struct ExplainedRequest {
  RequestSketch request;
  std::uint16_t status = 0;  ///< what weir would answer by itself; 0: it would ask the service
  std::string problem;       ///< why
  std::string route_host;
  std::string route;  ///< path prefix
  std::string redirect;
  std::string service;
  std::string key_source;       ///< "header x-user"; empty: nothing is hashed
  bool key_is_missing = false;  ///< the request has none, so that one is drawn
  upstream::PickNote pick;
  bool draws = false;                  ///< by chance: `shares` instead of `winners`
  std::vector<double> shares;          ///< of pick.candidates; empty: not known
  std::vector<std::uint32_t> winners;  ///< more than one: they are level
};

}  // namespace weir::gateway
