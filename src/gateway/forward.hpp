#pragma once
// Forward: one exchange's way through its endpoints, one at a time: connect → send the request →
// read the answer → carry the body. It is the HTTP sender of upstream/attempt.
//
// What an attempt leaves behind: either the client has an answer (the exchange says which), or
// nothing was sent to it and outcome.reason (or a status that retry or fallback swallowed) says
// why.

#include <cstring>
#include <string>

#include "gateway/client_address.hpp"
#include "gateway/endpoint_pools.hpp"
#include "gateway/forwarding.hpp"
#include "gateway/route_table.hpp"
#include "gateway/sticky.hpp"
#include "http/body_pump.hpp"
#include "runtime/gate.hpp"
#include "runtime/readiness.hpp"
#include "upstream/attempt.hpp"

namespace weir::gateway {

/// What answers when every attempt has failed.
enum class StandIn : std::uint8_t { none, answer, last_good, service };

/// What a forward needs to know of its request after the head is gone.
struct ForwardPlan {
  const Route& route;
  std::string_view request_id;
  std::string_view head;         ///< written by write_request_head; outlives the forward
  std::string websocket_accept;  ///< what the 101 must hold; empty: no upgrade
  bool chunked = false;
  bool idempotent = false;
  bool may_repeat = false;  ///< idempotent, or its Idempotency-Key says that twice is once
  StandIn stand_in = StandIn::none;
  bool may_hedge = false;       ///< no body, and nothing that a second request would disturb
  bool tells_attempts = false;  ///< the answer says how many there were: weir-attempts
  balance::CauseSet failing;    ///< answers that are retried or replaced, where that is possible
  std::uint64_t body_max = 0;   ///< 0 = no limit
  base::Deadline total;
  std::unique_ptr<StickyPlan> sticky;  ///< null: no cookie is set
  std::string own_lines;               ///< finished field lines for the final head; empty for most
  std::string good_key;  ///< a good answer is kept for the route under this; empty: it is not

  std::string_view method() const noexcept { return {method_text, method_size}; }
  /// Requires: at most 32 bytes, as the parser sees to.
  void set_method(std::string_view text) noexcept {
    std::memcpy(method_text, text.data(), text.size());
    method_size = static_cast<std::uint8_t>(text.size());
  }
  char method_text[32];
  std::uint8_t method_size = 0;
};

class Forward {
 public:
  /// `connects`: where connections are made that nobody may wait for to the end; closed after the
  /// last exchange of the lane.
  Forward(http::Exchange& exchange, EndpointPools& pools, const ForwardPlan& plan,
          upstream::Attempts& attempts, runtime::Gate& connects)
      : exchange_(exchange),
        pools_(pools),
        plan_(plan),
        attempts_(&attempts),
        connects_(connects) {}
  /// The request's bytes, kept for another attempt, leave the input.
  ~Forward();

  /// Holds a chunked body's head back until the body is known to be sound: complete, or 16 KiB of
  /// it validated, or hold_time over. Fails: bad_message, too_large, closed, deadline.
  runtime::Task<base::Result<void>> hold_body();

  /// One attempt. Requires: the first one, or should_retry() after the last.
  runtime::Task<upstream::AttemptOutcome> send(upstream::Endpoint& endpoint);
  /// The attempt failed, nothing reached the client, and Attempts granted another.
  bool should_retry() const noexcept { return retry_; }

  /// The exchange stood in line first: its first attempt begins then, not with the request's first
  /// byte. The limit learns from attempts; with the wait in them it would shrink by its own queue.
  void has_waited() noexcept { waited_ = true; }

  /// All of the request can be sent once more.
  bool is_whole() const noexcept { return !body_started_ && fits_buffer(); }
  /// It may be sent to another service: whole, and nothing of it has been carried out, or doing it
  /// twice is doing it once. A 503 proves neither.
  bool may_go_over() const noexcept {
    return is_whole() && (plan_.may_repeat || first_ || unsent_);
  }
  /// Further attempts are those of another service. Requires: is_whole().
  void go_over_to(upstream::Attempts& attempts) noexcept { attempts_ = &attempts; }
  /// Of the last attempt's answer, when it was not passed on.
  std::optional<base::Duration> retry_after() const noexcept { return retry_after_; }
  /// Why the attempt failed, for the problem's detail.
  const std::string& detail() const noexcept { return detail_; }
  telemetry::Flags flags() const noexcept { return flags_; }

 private:
  /// How a step ended. `wait`: bytes or room are needed. `carry`: the answer's head is judged and
  /// being sent; the rest of it is to be carried.
  enum class Step : std::uint8_t { go_on, wait, carry, failed, done };

  // ---- steps of the common case: plain code, no frame
  bool take_pooled(upstream::Endpoint& endpoint);
  Step send_request();
  Step judge_answer();
  Step take_bytes(runtime::Wake wake);
  Step answer_final();
  bool swallow_answer();
  void begin_attempt();
  bool ask_again(balance::Cause cause);
  bool fits_buffer() const noexcept;
  bool has_stand_in() const;
  std::string_view own_lines();
  void begin_keeping(const http::ResponseHead& head, std::string_view content);
  void keep_answer();

  // ---- hedging (forward_hedge.cpp)
  /// A connection on its way. Owners: the exchange that wants it, and the task that makes it;
  /// either may end first.
  struct Connecting {
    explicit Connecting(runtime::Lane& lane) : ready(lane) {}
    runtime::Readiness ready;  // readable when it is made, or could not be
    http::ClientPool::Use pool;
    std::unique_ptr<http::ClientConnection> made;  // null when it could not be
    bool is_abandoned = false;
  };
  /// A second request under way.
  struct Hedge {
    Hedge() = default;
    Hedge(const Hedge&) = delete;
    Hedge& operator=(const Hedge&) = delete;
    ~Hedge();
    runtime::Readiness& readiness() noexcept {
      return connecting != nullptr ? connecting->ready : upstream->stream->readiness();
    }
    http::ClientPool::Use pool;
    std::shared_ptr<Connecting> connecting;  // null once connected
    std::unique_ptr<http::ClientConnection> upstream;
    base::Time started{};
  };
  enum class Seen : std::uint8_t { nothing, head, failed };
  static runtime::Task<void> make_connection(std::shared_ptr<Connecting> state,
                                             base::Deadline deadline);
  bool begin_hedge();
  bool send_hedge();
  Seen look_at(http::ClientConnection& connection, upstream::AttemptOutcome& outcome);
  void drop_hedge();
  Step take_hedge();
  Step after_hedge_event();
  runtime::Task<Step> after_first_failed(upstream::AttemptOutcome outcome);
  runtime::Task<Step> race();

  // ---- steps that wait
  runtime::Task<Step> connect(upstream::Endpoint& endpoint);
  runtime::Task<Step> finish_request();
  runtime::Task<Step> upload();
  runtime::Task<Step> upload_rest();
  runtime::Task<Step> answer_interim();
  runtime::Task<Step> finish_answer();
  runtime::Task<Step> run_upgrade();

  http::BodyDecoder answer_body(const http::ResponseHead& head) const;
  bool may_reconnect() const noexcept;
  Step fail(telemetry::Reason reason, unsigned status, std::string detail);
  Step fail_upstream(const base::Error& error);
  Step fail_upload(const http::UploadEnd& end);
  Step fail_client(unsigned status, std::string detail);
  void release_connection();
  http::Coding request_coding() const noexcept {
    return plan_.chunked ? http::Coding::chunked : http::Coding::plain;
  }

  /// An answer that is being copied while it is sent.
  struct Keeping {
    std::unique_ptr<GoodAnswer> answer;
    http::BodyCopy body;
  };

  http::Exchange& exchange_;
  EndpointPools& pools_;
  const ForwardPlan& plan_;
  upstream::Attempts* attempts_;
  runtime::Gate& connects_;
  http::ClientPool::Use pool_;
  std::unique_ptr<http::ClientConnection> upstream_;
  std::string cookie_line_;
  std::string framed_head_;  // texts of rest_ that would not outlive their piece
  std::string framed_tail_;
  net::Gather rest_;                  // what a send could not write at once
  std::size_t rest_consumed_ = 0;     // of the upstream's input, once it is written
  std::unique_ptr<Hedge> hedge_;      // null for almost all
  std::unique_ptr<Keeping> keeping_;  // null for almost all
  std::string held_;                  // a chunked body's validated front
  http::Exchange::Piece piece_;       // the first piece of a length-framed body, in the input
  base::Deadline attempt_;
  base::Time started_{};                       // the attempt
  base::Time head_at_{};                       // its response's head was judged; 0 = not yet
  std::optional<base::Duration> retry_after_;  // what a swallowed answer asked for
  telemetry::Reason reason_ = telemetry::Reason::ok;
  telemetry::Flags flags_;
  unsigned status_ = 0;  // to answer when nothing was sent
  std::string detail_;
  int interim_ = 0;
  bool piece_taken_ = false;
  bool upload_done_ = false;
  http::Coding coding_ = http::Coding::plain;  // of the response
  bool body_started_ = false;                  // more of the body was sent than can be sent again
  bool any_byte_ = false;                      // of the response
  bool continue_relayed_ = false;
  bool reconnected_ = false;
  bool raced_ = false;   // the time for a second request has been waited for
  bool hedged_ = false;  // the connection in use is that of the second one
  bool first_ = true;    // attempt
  bool waited_ = false;  // before it
  bool unsent_ = false;  // no byte of the request reached the upstream
  bool retry_ = false;
  bool upload_cut_ = false;    // the body is broken off inside a piece: it is never taken up again
  bool told_interim_ = false;  // the client has a 103 of this exchange
};

}  // namespace weir::gateway
