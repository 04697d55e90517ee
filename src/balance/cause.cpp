#include "balance/cause.hpp"

#include <array>
#include <utility>

namespace weir::balance {
namespace {

constexpr std::array<std::pair<Cause, std::string_view>, 15> kNames = {{
    {Cause::none, "none"},
    {Cause::answered, "answered"},
    {Cause::connect, "connect"},
    {Cause::reset, "reset"},
    {Cause::timeout, "timeout"},
    {Cause::refused_stream, "refused stream"},
    {Cause::status_429, "429"},
    {Cause::status_500, "500"},
    {Cause::status_502, "502"},
    {Cause::status_503, "503"},
    {Cause::status_504, "504"},
    {Cause::grpc_deadline, "grpc 4"},
    {Cause::grpc_exhausted, "grpc 8"},
    {Cause::grpc_unavailable, "grpc 14"},
    {Cause::client_gone, "client gone"},
}};

constexpr bool is_configurable(Cause cause) noexcept {
  return cause != Cause::none && cause != Cause::answered && cause != Cause::refused_stream &&
         cause != Cause::client_gone;
}

}  // namespace

std::string_view name(Cause cause) noexcept {
  return kNames[static_cast<std::size_t>(cause)].second;
}

std::optional<Cause> cause_named(std::string_view word) noexcept {
  for (const auto& [cause, text] : kNames) {
    if (text == word && is_configurable(cause)) return cause;
  }
  return std::nullopt;
}

Cause cause_of_status(int status) noexcept {
  switch (status) {
    case 429:
      return Cause::status_429;
    case 500:
      return Cause::status_500;
    case 502:
      return Cause::status_502;
    case 503:
      return Cause::status_503;
    case 504:
      return Cause::status_504;
    default:
      return status < 400 ? Cause::none : Cause::answered;
  }
}

Cause cause_of_grpc(int code) noexcept {
  switch (code) {
    case 0:
      return Cause::none;
    case 4:
      return Cause::grpc_deadline;
    case 8:
      return Cause::grpc_exhausted;
    case 14:
      return Cause::grpc_unavailable;
    default:
      return Cause::answered;
  }
}

Outcome breaker_verdict(Cause cause, CauseSet causes, bool is_probe) noexcept {
  if (causes.has(cause)) return Outcome::failure;
  switch (cause) {
    case Cause::status_429:
    case Cause::grpc_exhausted:
      return is_probe ? Outcome::failure : Outcome::success;
    case Cause::connect:  // no answer came, so it is no success even where it is no failure
    case Cause::reset:
    case Cause::timeout:
    case Cause::refused_stream:
    case Cause::client_gone:
      return Outcome::neither;
    default:
      return Outcome::success;
  }
}

}  // namespace weir::balance
