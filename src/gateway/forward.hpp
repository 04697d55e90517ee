#pragma once
// Forward: one exchange's way through one endpoint: connect → send the request → read the answer →
// carry the body. It is the HTTP sender of upstream/attempt.
//
// What it leaves behind: either the client has an answer (the exchange says which), or nothing was
// sent to it and outcome.reason says why, so that the caller may answer or try again.

#include <string>

#include "gateway/client_address.hpp"
#include "gateway/endpoint_pools.hpp"
#include "gateway/forwarding.hpp"
#include "gateway/route_table.hpp"
#include "http/body_pump.hpp"
#include "upstream/attempt.hpp"

namespace weir::gateway {

/// What a forward needs to know of its request after the head is gone.
struct ForwardPlan {
  const Route& route;
  std::string_view head;             ///< written by write_request_head; outlives the forward
  std::string_view method;           ///< outlives the forward
  std::string_view request_id;
  std::string websocket_accept;      ///< what the 101 must hold; empty: no upgrade
  bool chunked = false;
  bool idempotent = false;
  std::uint64_t body_max = 0;        ///< 0 = no limit
  base::Deadline total;
};

class Forward {
 public:
  Forward(http::Exchange& exchange, EndpointPools& pools, const ForwardPlan& plan)
      : exchange_(exchange), pools_(pools), plan_(plan) {}

  /// Holds a chunked body's head back until the body is known to be sound: complete, or 16 KiB of it
  /// validated, or hold_time over. Fails: bad_message, too_large, closed, deadline.
  runtime::Task<base::Result<void>> hold_body();

  /// Requires: called at most once unless nothing was sent.
  runtime::Task<upstream::AttemptOutcome> send(upstream::Endpoint& endpoint);

  /// Why the attempt failed, for the problem's detail.
  const std::string& detail() const noexcept { return detail_; }
  telemetry::Flags flags() const noexcept { return flags_; }

 private:
  enum class Step : std::uint8_t { go_on, failed, done };

  runtime::Task<Step> connect(upstream::Endpoint& endpoint);
  runtime::Task<Step> send_request();
  runtime::Task<Step> upload_rest();
  runtime::Task<Step> await_continue();
  runtime::Task<Step> read_answer();
  runtime::Task<Step> answer_interim();
  runtime::Task<Step> answer_final();
  runtime::Task<Step> carry_rest(http::Coding coding);
  runtime::Task<Step> run_upgrade();
  runtime::Task<upstream::AttemptOutcome> run(upstream::Endpoint& endpoint);
  bool may_reconnect() const noexcept;
  Step fail(telemetry::Reason reason, unsigned status, std::string detail);
  Step fail_upstream(const base::Error& error);
  Step fail_upload(const http::UploadEnd& end);
  void release_connection();
  http::Coding request_coding() const noexcept {
    return plan_.chunked ? http::Coding::chunked : http::Coding::plain;
  }

  http::Exchange& exchange_;
  EndpointPools& pools_;
  const ForwardPlan& plan_;
  std::shared_ptr<http::ClientPool> pool_;
  std::unique_ptr<http::ClientConnection> upstream_;
  std::string held_;                 // a chunked body's validated front
  http::Exchange::Piece piece_;      // the first piece of a length-framed body, in the input
  base::Deadline attempt_;
  telemetry::Reason reason_ = telemetry::Reason::ok;
  telemetry::Flags flags_;
  unsigned status_ = 0;              // to answer when nothing was sent
  std::string detail_;
  int interim_ = 0;
  bool upload_done_ = false;
  bool body_started_ = false;        // more of the body was sent than can be sent again
  bool any_byte_ = false;            // of the response
  bool continue_relayed_ = false;
  bool reconnected_ = false;
};

}  // namespace weir::gateway
