#include "balance/host_verdict.hpp"

#include <gtest/gtest.h>

namespace weir::balance {
namespace {

using enum HostReason;

TEST(HostVerdict, ThePrimaryReasonIsTheStrongest) {
  struct Row {
    HostReasons reasons;
    HostReason primary;
  };
  const Row rows[] = {
      {{}, eligible},
      {{limit_full}, limit_full},
      {{limit_full, unknown}, unknown},
      {{check_failed, ejected, unknown}, ejected},
      {{ejected, probes_used}, probes_used},
      {{ejected, breaker_open, maintenance}, maintenance},
      {{draining, forced_open}, forced_open},
      {{forced_open, gone, limit_full}, gone},
  };
  for (const Row& row : rows) EXPECT_EQ(row.reasons.primary(), row.primary) << name(row.primary);
}

TEST(HostVerdict, SetsOfReasons) {
  const HostReasons reasons = {ejected, breaker_open};
  EXPECT_TRUE(reasons.has(ejected));
  EXPECT_FALSE(reasons.has(gone));
  EXPECT_TRUE(reasons.has_any(kPanicIgnores));
  EXPECT_FALSE(reasons.has_any(kLeavingReasons));
  EXPECT_EQ(reasons.without(kPanicIgnores), HostReasons{breaker_open});
  EXPECT_TRUE((HostVerdict{}.is_eligible()));
  EXPECT_FALSE((HostVerdict{.reasons = reasons}.is_eligible()));
}

}  // namespace
}  // namespace weir::balance
