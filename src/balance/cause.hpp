#pragma once
// Cause: how one attempt ended, in the words of weir.yaml (`breaker.causes`, `retry.causes`), and
// what that means to a breaker.
//
// What is a failure to a breaker: connect, reset, timeout, 502, 503, 504, gRPC 4, 8, 14. Never 4xx
// or a client that left. 429 and gRPC 8 fail a probe. 500 is opt-in: one bad request must not open
// a service. Source: balancing.md, section 6.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace weir::balance {

enum class Cause : std::uint8_t {
  none,            ///< a good answer
  answered,        ///< any other answer: 4xx, a gRPC code that is the caller's fault
  connect,         ///< no connection: refused, unreachable, timed out, TLS failed
  reset,           ///< broken off, or an answer that breaks the protocol
  timeout,         ///< the attempt took too long
  refused_stream,  ///< HTTP/2 REFUSED_STREAM, or a stream above GOAWAY's last id
  status_429,
  status_500,
  status_502,
  status_503,
  status_504,
  grpc_deadline,     ///< 4
  grpc_exhausted,    ///< 8
  grpc_unavailable,  ///< 14
  client_gone,       ///< the client left, or weir cancelled it (the loser of a hedge)
};

class CauseSet {
 public:
  constexpr CauseSet() noexcept = default;
  constexpr CauseSet(std::initializer_list<Cause> causes) noexcept {
    for (const Cause cause : causes) add(cause);
  }
  constexpr void add(Cause cause) noexcept { bits_ |= bit(cause); }
  constexpr bool has(Cause cause) const noexcept { return (bits_ & bit(cause)) != 0; }
  friend constexpr bool operator==(const CauseSet&, const CauseSet&) = default;

 private:
  static constexpr std::uint32_t bit(Cause cause) noexcept {
    return 1u << static_cast<unsigned>(cause);
  }
  std::uint32_t bits_ = 0;
};

inline constexpr CauseSet kRetryCauses = {Cause::connect,    Cause::reset,      Cause::timeout,
                                          Cause::status_502, Cause::status_503, Cause::status_504};
inline constexpr CauseSet kBreakerCauses = {
    Cause::connect,       Cause::reset,          Cause::timeout,
    Cause::status_502,    Cause::status_503,     Cause::status_504,
    Cause::grpc_deadline, Cause::grpc_exhausted, Cause::grpc_unavailable};

/// "connect", "503", "grpc 14". Lifetime: static.
std::string_view name(Cause cause) noexcept;

/// The cause a configuration may name; nothing for other words and for what is never a failure.
std::optional<Cause> cause_named(std::string_view word) noexcept;

/// How a response counts before its body is read. Requires: 100 <= status <= 599.
Cause cause_of_status(int status) noexcept;
Cause cause_of_grpc(int code) noexcept;

enum class Outcome : std::uint8_t { success, failure, neither };

/// What an attempt's end means to a breaker that counts `causes`. `neither`: end the permit without
/// a verdict, because nothing was learned about the endpoint.
Outcome breaker_verdict(Cause cause, CauseSet causes, bool is_probe) noexcept;

}  // namespace weir::balance
