#pragma once
// Error: what went wrong, who caused it, and whether the work may be tried again.
//
// The answer to "may this be retried?" is carried up from the place that knows it; nobody derives
// it again (balancing.md, section 5). An Error is 24 bytes: the text lives on the heap and is only
// made on failure paths, so a Result on the hot path costs no allocation.
// ADR: docs/adr/0003-error-type.md.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weir::base {

enum class Errc : std::uint8_t {
  internal,          ///< a defect in weir
  cancelled,         ///< the work was given up; not an error in logs
  deadline,          ///< an outside wait took too long
  closed,            ///< the peer ended the stream in order
  reset,             ///< the peer or the kernel broke the stream
  refused,           ///< connect was refused
  unreachable,       ///< no route, no such socket, name not found
  bad_message,       ///< bytes that break the protocol
  too_large,         ///< a bound was exceeded
  overloaded,        ///< a queue or a limit is full
  not_found,         ///< a name that does not exist
  invalid_argument,  ///< a value out of range
  conflict,          ///< the state does not allow it
  system,            ///< a system call failed; see os_error()
};

/// Who caused it: the client side, the upstream side, or weir itself.
enum class Origin : std::uint8_t { internal, downstream, upstream };

/// `safe`: trying again has no second effect. `if_unsent`: only when no byte was written. A new
/// Error says `never` until somebody who knows better says otherwise.
enum class Retry : std::uint8_t { never, if_unsent, safe };

class [[nodiscard]] Error {
 public:
  /// `detail` is a full phrase for people; empty means the code's name is enough.
  explicit Error(Errc code, std::string detail = {}, Origin origin = Origin::internal,
                 Retry retry = Retry::never);

  /// From errno: picks the code (ECONNREFUSED → refused, EPIPE → reset, …), keeps the number and
  /// adds strerror's text after `what`.
  static Error from_errno(int os_error, std::string_view what, Origin origin = Origin::internal);

  Errc code() const noexcept { return code_; }
  Origin origin() const noexcept { return origin_; }
  Retry retry() const noexcept { return retry_; }
  /// errno, or 0 when no system call is behind this error.
  int os_error() const noexcept { return os_error_; }
  /// The detail, or the code's name when there is none.
  std::string_view detail() const noexcept;

  Error& with_origin(Origin origin) noexcept {
    origin_ = origin;
    return *this;
  }
  Error& with_retry(Retry retry) noexcept {
    retry_ = retry;
    return *this;
  }
  /// Puts `context: ` before the detail. Once, where the context is known.
  Error& with_context(std::string_view context);

 private:
  Errc code_;
  Origin origin_;
  Retry retry_;
  int os_error_ = 0;
  std::shared_ptr<const std::string> detail_;  // shared: copies of an Error never change the text
};

/// The name of the code, e.g. "deadline". Lifetime: static.
std::string_view name(Errc code) noexcept;

}  // namespace weir::base
