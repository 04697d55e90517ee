#pragma once
// Story: what is told of one exchange (counters, access log, answers) when its head is gone.
// Private to HttpProxy's sources.

#include <memory>
#include <new>

#include "gateway/http_proxy.hpp"
#include "runtime/frame_pool.hpp"

namespace weir::gateway {

// A copy of a record-sized block from the frame pool: no heap allocation per exchange.
struct FreeRecord {
  void operator()(telemetry::ExchangeRecord* record) const noexcept {
    runtime::release_frame(record, sizeof *record);
  }
};
using RecordBlock = std::unique_ptr<telemetry::ExchangeRecord, FreeRecord>;

inline RecordBlock make_record() {
  return RecordBlock(new (runtime::allocate_frame(sizeof(telemetry::ExchangeRecord)))
                         telemetry::ExchangeRecord);
}

// Everything of one exchange that is told after its head is gone.
struct HttpProxy::Story {
  telemetry::RequestId id;
  ClientAddress client;
  RecordBlock record;  // null when the access log is off
  const upstream::Service* service = nullptr;
  upstream::AttemptOutcome outcome;
  std::uint32_t endpoint_id = 0;  // of the last attempt; 0: none was asked
  std::uint32_t attempts = 0;
  telemetry::Reason reason = telemetry::Reason::ok;
  telemetry::Flags flags;
  /// What `weir explain` will tell; empty for most exchanges that go well.
  std::unique_ptr<DecisionView> decision;
  std::shared_ptr<upstream::AttemptTrace> trace;
  std::string_view target;  // the client's own, cut; behind the upstream's head in its block
  std::string detail;       // of the problem that was answered
  std::string advice;       // its action
  bool asked_to_explain = false;
  bool fallback = false;
  bool websocket = false;
  bool peer_is_trusted = false;

  /// Traced, failed, or repeated: `weir explain` will want it.
  bool is_worth_keeping(const http::Exchange& exchange) const noexcept {
    return decision != nullptr || reason != telemetry::Reason::ok || attempts > 1 ||
           exchange.status() >= 500;
  }
};

/// `action`, when it is not empty, must outlive the problem.
http::Problem make_problem(std::uint16_t status, std::string detail, std::string_view action,
                           telemetry::Reason reason);

}  // namespace weir::gateway
