#include "balance/retry_rule.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace retry_rule_test {

using namespace std::chrono_literals;
using enum RetryReason;

/// A failed GET that may be tried again; each row spoils one fact.
RetryFacts failed_get() {
  return {.cause = Cause::status_503,
          .is_idempotent = true,
          .attempts = 1,
          .deadline_left = 1s,
          .backoff = 20ms,
          .service_p50 = 10ms};
}

RetryFacts failed_post(Cause cause, bool is_unsent) {
  RetryFacts facts = failed_get();
  facts.cause = cause;
  facts.is_idempotent = false;
  facts.is_unsent = is_unsent;
  return facts;
}

template <class Change>
RetryReason reason_with(Change change) {
  RetryFacts facts = failed_get();
  change(facts);
  return decide_retry(facts, {}).reason;
}

TEST(RetryRule, EachFactAloneDecides) {
  using F = RetryFacts;
  struct Row {
    const char* what;
    void (*change)(F&);
    RetryReason reason;
  };
  const Row rows[] = {
      {"503 on GET", [](F&) {}, retry},
      {"connect", [](F& f) { f.cause = Cause::connect; }, retry},
      {"reset", [](F& f) { f.cause = Cause::reset; }, retry},
      {"timeout", [](F& f) { f.cause = Cause::timeout; }, retry},
      {"502", [](F& f) { f.cause = Cause::status_502; }, retry},
      {"504", [](F& f) { f.cause = Cause::status_504; }, retry},
      {"second attempt failed", [](F& f) { f.attempts = 2; }, retry},
      {"good answer", [](F& f) { f.cause = Cause::none; }, not_failed},
      {"404", [](F& f) { f.cause = Cause::answered; }, cause_not_configured},
      {"500", [](F& f) { f.cause = Cause::status_500; }, cause_not_configured},
      {"429", [](F& f) { f.cause = Cause::status_429; }, cause_not_configured},
      {"client left", [](F& f) { f.cause = Cause::client_gone; }, client_gone},
      {"response begun", [](F& f) { f.is_response_begun = true; }, response_begun},
      {"body too large", [](F& f) { f.is_body_kept = false; }, body_not_kept},
      {"third attempt failed", [](F& f) { f.attempts = 3; }, attempts_used},
      {"all tried", [](F& f) { f.is_other_endpoint_left = false; }, no_other_endpoint},
      {"exactly no time", [](F& f) { f.deadline_left = 30ms; }, no_time_left},
      {"just time", [](F& f) { f.deadline_left = 30ms + 1ns; }, retry},
      {"deadline over", [](F& f) { f.deadline_left = -1s; }, no_time_left},
      {"Retry-After: 2",
       [](F& f) {
         f.retry_after = 2s;
         f.deadline_left = 9s;
       },
       retry},
      {"Retry-After: 3",
       [](F& f) {
         f.retry_after = 3s;
         f.deadline_left = 9s;
       },
       retry_after_too_long},
      {"Retry-After above deadline", [](F& f) { f.retry_after = 1s; }, no_time_left},
      {"Retry-After: 10^9", [](F& f) { f.retry_after = 1'000'000'000s; }, retry_after_too_long},
  };
  for (const Row& row : rows) EXPECT_EQ(reason_with(row.change), row.reason) << row.what;
}

TEST(RetryRule, PostNeedsProofThatNothingWasSent) {
  struct Row {
    Cause cause;
    bool is_unsent;
    RetryReason reason;
  };
  const Row rows[] = {
      {Cause::connect, true, retry},
      {Cause::reset, true, retry},  // a pooled connection found dead before the first byte
      {Cause::reset, false, not_repeatable},
      {Cause::timeout, false, not_repeatable},
      {Cause::status_503, false, not_repeatable},
      {Cause::refused_stream, true, retry},
      {Cause::refused_stream, false, retry},  // sent, but the peer vouches that it did nothing
  };
  for (const Row& row : rows) {
    EXPECT_EQ(decide_retry(failed_post(row.cause, row.is_unsent), {}).reason, row.reason)
        << name(row.cause) << row.is_unsent;
  }
  RetryFacts keyed = failed_post(Cause::timeout, false);
  keyed.has_idempotency_key = true;
  EXPECT_TRUE(decide_retry(keyed, {}));
}

TEST(RetryRule, WaitsForBackoffAndForRetryAfter) {
  RetryFacts facts = failed_get();
  EXPECT_EQ(decide_retry(facts, {}).after, 20ms);
  facts.deadline_left = 10s;
  facts.retry_after = 1s;
  EXPECT_EQ(decide_retry(facts, {}).after, 1020ms);
  facts.retry_after = -5s;
  EXPECT_EQ(decide_retry(facts, {}).after, 20ms);
}

TEST(RetryRule, ThePolicyCounts) {
  EXPECT_EQ(decide_retry(failed_get(), {.attempts = 1}).reason, attempts_used);
  EXPECT_EQ(decide_retry(failed_get(), {.causes = {Cause::connect}}).reason, cause_not_configured);
}

TEST(RetryRule, IdempotentMethods) {
  for (const auto* method : {"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"}) {
    EXPECT_TRUE(is_idempotent(method)) << method;
  }
  for (const auto* method : {"POST", "PATCH", "CONNECT", "get", "", "GETX"}) {
    EXPECT_FALSE(is_idempotent(method)) << method;
  }
  EXPECT_EQ(name(no_other_endpoint), "no other endpoint");
  EXPECT_EQ(name(over_budget), "over the retry budget");
}

}  // namespace retry_rule_test
}  // namespace weir::balance
