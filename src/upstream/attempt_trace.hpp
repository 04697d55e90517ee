#pragma once
// AttemptTrace: why each pick of an exchange fell as it did, for `weir explain`. What every attempt
// came to is always noted (fixed size, no allocation); the candidates with their scores only when
// the exchange was chosen to be traced. Source: balancing.md, section 13.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "balance/algorithm.hpp"
#include "balance/breaker_word.hpp"
#include "balance/retry_rule.hpp"
#include "base/clock.hpp"
#include "telemetry/reason.hpp"

namespace weir::upstream {

/// One attempt. Trivially copyable.
struct AttemptNote {
  std::uint32_t endpoint = 0;
  std::uint16_t status = 0;
  telemetry::Reason reason = telemetry::Reason::ok;
  balance::RetryReason then = balance::RetryReason::not_failed;  ///< why it was not repeated
  balance::BreakerState breaker_before = balance::BreakerState::closed;
  balance::BreakerState breaker_after = balance::BreakerState::closed;
  bool is_probe = false;
  bool is_hedge = false;      ///< it began beside the one before
  bool is_cancelled = false;  ///< the other of the two was first
  base::Duration took{};
  base::Duration pause{};  ///< before the next attempt
};

/// The last of them are dropped when there were more.
struct AttemptNotes {
  static constexpr std::size_t kMax = 4;
  std::array<AttemptNote, kMax> notes;
  std::uint8_t count = 0;
};

/// One endpoint that was looked at.
struct CandidateNote {
  std::uint32_t endpoint = 0;
  double score = 0;
  float weight = 1;
  std::uint32_t in_flight = 0;
  bool was_tried = false;  ///< in this exchange: out of the question
};

/// One pick. Candidates beyond kCandidatesMax are counted, not listed.
struct PickNote {
  static constexpr std::size_t kCandidatesMax = 64;
  std::uint64_t generation = 0;  ///< of the set
  balance::Algorithm algorithm = balance::Algorithm::round_robin;
  std::size_t arms = 1;  ///< algorithms at work; `algorithm` is the one of this request's slice
  bool is_challenger = false;      ///< it is not the one that carries the service
  std::string_view score_meaning;  ///< static
  bool highest_wins = false;
  bool panic = false;
  bool sticky = false;  ///< the client's cookie chose, not the algorithm
  std::uint64_t key = 0;
  std::size_t total = 0;     ///< endpoints of the service, eligible or not
  std::size_t eligible = 0;  ///< of them
  std::uint32_t chosen = 0;  ///< 0: nobody
  std::vector<CandidateNote> candidates;
};

struct AttemptTrace {
  std::vector<PickNote> picks;
};

}  // namespace weir::upstream
