#pragma once
// "May this be tried again?", as one table of facts. It decides and does nothing: the caller then
// asks the retry budget (which may still say no) and waits.
//
// 1. Only what is idempotent, or provably unsent, or carries an idempotency key that is allowed.
// 2. Never once the client has seen a byte of the response; never with a body that is not kept.
// 3. Never the same endpoint: without another one it stops and says so.
// 4. Never without time: what is left must exceed the pause and a typical answer.
// Source: balancing.md, section 5.

#include <cstdint>
#include <optional>
#include <string_view>

#include "balance/cause.hpp"
#include "base/clock.hpp"

namespace weir::balance {

struct RetryPolicy {
  std::uint32_t attempts = 3;  ///< in total
  CauseSet causes = kRetryCauses;
  base::Duration retry_after_longest = std::chrono::seconds(2);
};

struct RetryFacts {
  Cause cause = Cause::none;
  bool is_idempotent = false;        ///< by method: GET, HEAD, OPTIONS, TRACE, PUT, DELETE
  bool is_unsent = false;            ///< provably: no byte written, or the peer says it did nothing
  bool is_response_begun = false;    ///< a byte of it went to the client
  bool is_body_kept = true;          ///< no body, or within `buffer`
  bool has_idempotency_key = false;  ///< present and allowed by the route
  bool is_other_endpoint_left = true;
  std::uint32_t attempts = 1;                   ///< made so far
  base::Duration deadline_left{};               ///< of `total`
  base::Duration backoff{};                     ///< drawn for this retry
  base::Duration service_p50{};                 ///< 0 when unknown
  std::optional<base::Duration> retry_after{};  ///< the upstream's wish
};

/// Why a failed attempt is not repeated; `retry` when it is.
enum class RetryReason : std::uint8_t {
  retry,
  not_failed,
  client_gone,
  response_begun,
  cause_not_configured,
  not_repeatable,
  body_not_kept,
  attempts_used,
  no_other_endpoint,
  retry_after_too_long,
  no_time_left,
  over_budget,  ///< said by the caller, from RetryBudget
};

struct RetryDecision {
  RetryReason reason = RetryReason::not_failed;
  base::Duration after{};  ///< wait so long, then pick again

  explicit operator bool() const noexcept { return reason == RetryReason::retry; }
};

RetryDecision decide_retry(const RetryFacts& facts, const RetryPolicy& policy) noexcept;

/// GET, HEAD, OPTIONS, TRACE, PUT, DELETE. Methods are case-sensitive. Source: RFC 9110, 9.2.2.
bool is_idempotent(std::string_view method) noexcept;

/// "no other endpoint". Lifetime: static.
std::string_view name(RetryReason reason) noexcept;

}  // namespace weir::balance
