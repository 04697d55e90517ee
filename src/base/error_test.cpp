#include "base/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/result.hpp"

namespace weir::base {
namespace {

TEST(Error, SaysNeverUntilSomebodyKnowsBetter) {
  Error error(Errc::reset);
  EXPECT_EQ(error.retry(), Retry::never);
  EXPECT_EQ(error.detail(), "reset");
}

TEST(Error, FromErrnoPicksTheCode) {
  struct Row {
    int os_error;
    Errc code;
  };
  for (const Row& row :
       {Row{ECONNREFUSED, Errc::refused}, Row{ECONNRESET, Errc::reset}, Row{EPIPE, Errc::reset},
        Row{EHOSTUNREACH, Errc::unreachable}, Row{ETIMEDOUT, Errc::deadline},
        Row{EMFILE, Errc::overloaded}, Row{EINVAL, Errc::system}}) {
    const Error error = Error::from_errno(row.os_error, "connect");
    EXPECT_EQ(error.code(), row.code) << row.os_error;
    EXPECT_EQ(error.os_error(), row.os_error);
    EXPECT_TRUE(error.detail().starts_with("connect: "));
  }
}

TEST(Error, ContextIsPutBeforeAndCopiesKeepTheirText) {
  Error error(Errc::refused, "port 80");
  const Error copy = error;
  error.with_context("web-server");
  EXPECT_EQ(error.detail(), "web-server: port 80");
  EXPECT_EQ(copy.detail(), "port 80");
}

Result<int> half(int value) {
  if (value % 2 != 0) return fail(Errc::invalid_argument, "odd");
  return value / 2;
}

Result<int> quarter(int value) {
  WEIR_TRY(const int first, half(value));
  WEIR_TRY(const int second, half(first));
  return second;
}

TEST(Result, TryHandsTheErrorUp) {
  EXPECT_EQ(quarter(8).value(), 2);
  EXPECT_EQ(quarter(6).error().detail(), "odd");
}

}  // namespace
}  // namespace weir::base
