#include "balance/cause.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace cause_test {

TEST(Cause, NamesComeBackWhereTheyMayBeConfigured) {
  for (const std::string_view word :
       {"connect", "reset", "timeout", "429", "500", "502", "503", "504", "grpc 4", "grpc 14"}) {
    const auto cause = cause_named(word);
    ASSERT_TRUE(cause) << word;
    EXPECT_EQ(name(*cause), word);
  }
  for (const std::string_view word : {"", "none", "answered", "client gone", "404", "Connect"}) {
    EXPECT_FALSE(cause_named(word)) << word;
  }
}

TEST(Cause, StatusAndGrpcCodes) {
  EXPECT_EQ(cause_of_status(200), Cause::none);
  EXPECT_EQ(cause_of_status(304), Cause::none);
  EXPECT_EQ(cause_of_status(404), Cause::answered);
  EXPECT_EQ(cause_of_status(429), Cause::status_429);
  EXPECT_EQ(cause_of_status(501), Cause::answered);
  EXPECT_EQ(cause_of_status(503), Cause::status_503);
  EXPECT_EQ(cause_of_grpc(0), Cause::none);
  EXPECT_EQ(cause_of_grpc(3), Cause::answered);
  EXPECT_EQ(cause_of_grpc(14), Cause::grpc_unavailable);
}

TEST(Cause, VerdictForTheBreaker) {
  struct Row {
    Cause cause;
    Outcome normally;
    Outcome as_probe;
  };
  constexpr auto success = Outcome::success;
  constexpr auto failure = Outcome::failure;
  constexpr auto neither = Outcome::neither;
  const Row rows[] = {
      {Cause::none, success, success},
      {Cause::answered, success, success},
      {Cause::connect, failure, failure},
      {Cause::reset, failure, failure},
      {Cause::timeout, failure, failure},
      {Cause::status_502, failure, failure},
      {Cause::status_503, failure, failure},
      {Cause::status_504, failure, failure},
      {Cause::grpc_deadline, failure, failure},
      {Cause::grpc_exhausted, failure, failure},
      {Cause::grpc_unavailable, failure, failure},
      {Cause::status_429, success, failure},
      {Cause::status_500, success, success},
      {Cause::refused_stream, neither, neither},
      {Cause::client_gone, neither, neither},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(breaker_verdict(row.cause, kBreakerCauses, false), row.normally) << name(row.cause);
    EXPECT_EQ(breaker_verdict(row.cause, kBreakerCauses, true), row.as_probe) << name(row.cause);
  }
}

TEST(Cause, FiveHundredIsOptInAndNoAnswerIsNeverASuccess) {
  EXPECT_EQ(breaker_verdict(Cause::status_500, {Cause::status_500}, false), Outcome::failure);
  EXPECT_EQ(breaker_verdict(Cause::timeout, {Cause::connect}, false), Outcome::neither);
  EXPECT_EQ(breaker_verdict(Cause::grpc_exhausted, {}, true), Outcome::failure);
}

}  // namespace cause_test
}  // namespace weir::balance
