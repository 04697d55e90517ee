#include "balance/retry_rule.hpp"

#include <algorithm>
#include <array>

namespace weir::balance {
namespace {

/// The first reason against it; the order is the order of what an operator wants to hear.
RetryReason first_objection(const RetryFacts& facts, const RetryPolicy& policy,
                            base::Duration after) noexcept {
  using enum RetryReason;
  const bool is_repeatable = facts.is_idempotent || facts.is_unsent || facts.has_idempotency_key ||
                             facts.cause == Cause::refused_stream;
  // A refused stream was not processed, and its sender asks for another try: no wish needed.
  const bool is_configured = policy.causes.has(facts.cause) || facts.cause == Cause::refused_stream;
  if (facts.cause == Cause::none) return not_failed;
  if (facts.cause == Cause::client_gone) return client_gone;
  if (facts.is_response_begun) return response_begun;
  if (!is_configured) return cause_not_configured;
  if (!is_repeatable) return not_repeatable;
  if (!facts.is_body_kept) return body_not_kept;
  if (facts.attempts >= policy.attempts) return attempts_used;
  if (!facts.is_other_endpoint_left) return no_other_endpoint;
  if (facts.retry_after && *facts.retry_after > policy.retry_after_longest) {
    return retry_after_too_long;
  }
  if (facts.deadline_left <= after + facts.service_p50) return no_time_left;
  return retry;
}

}  // namespace

RetryDecision decide_retry(const RetryFacts& facts, const RetryPolicy& policy) noexcept {
  // The jitter comes on top of Retry-After: many clients were told the same moment.
  const base::Duration wish =
      std::max(facts.retry_after.value_or(base::Duration{}), base::Duration{});
  const base::Duration bounded = std::min(wish, policy.retry_after_longest);
  const base::Duration after = bounded + facts.backoff;
  const RetryReason reason = first_objection(facts, policy, after);
  return {.reason = reason, .after = reason == RetryReason::retry ? after : base::Duration{}};
}

bool is_idempotent(std::string_view method) noexcept {
  constexpr std::array<std::string_view, 6> kMethods = {"GET",   "HEAD", "OPTIONS",
                                                        "TRACE", "PUT",  "DELETE"};
  return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

std::string_view name(RetryReason reason) noexcept {
  constexpr std::array<std::string_view, 12> kNames = {
      "retry",
      "not failed",
      "client gone",
      "response already begun",
      "cause not configured",
      "neither idempotent nor unsent",
      "body not kept",
      "attempts used up",
      "no other endpoint",
      "retry-after too long",
      "no time left",
      "over the retry budget",
  };
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace weir::balance
