#include "base/error.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace weir::base {
namespace {

Errc code_from_errno(int os_error) noexcept {
  switch (os_error) {
    case ECONNREFUSED:
      return Errc::refused;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
      return Errc::reset;
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENOENT:
    case EADDRNOTAVAIL:
      return Errc::unreachable;
    case ETIMEDOUT:
      return Errc::deadline;
    case ECANCELED:
      return Errc::cancelled;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
      return Errc::overloaded;
    default:
      return Errc::system;
  }
}

}  // namespace

Error::Error(Errc code, std::string detail, Origin origin, Retry retry)
    : code_(code), origin_(origin), retry_(retry) {
  if (!detail.empty()) detail_ = std::make_shared<const std::string>(std::move(detail));
}

Error Error::from_errno(int os_error, std::string_view what, Origin origin) {
  std::string text(what);
  text += ": ";
  text += std::strerror(os_error);
  Error error(code_from_errno(os_error), std::move(text), origin);
  error.os_error_ = os_error;
  return error;
}

std::string_view Error::detail() const noexcept {
  return detail_ ? std::string_view(*detail_) : name(code_);
}

Error& Error::with_context(std::string_view context) {
  std::string text(context);
  text += ": ";
  text += detail();
  detail_ = std::make_shared<const std::string>(std::move(text));
  return *this;
}

std::string_view name(Errc code) noexcept {
  switch (code) {
    case Errc::internal:
      return "internal";
    case Errc::cancelled:
      return "cancelled";
    case Errc::deadline:
      return "deadline";
    case Errc::closed:
      return "closed";
    case Errc::reset:
      return "reset";
    case Errc::refused:
      return "refused";
    case Errc::unreachable:
      return "unreachable";
    case Errc::bad_message:
      return "bad message";
    case Errc::too_large:
      return "too large";
    case Errc::overloaded:
      return "overloaded";
    case Errc::not_found:
      return "not found";
    case Errc::invalid_argument:
      return "invalid argument";
    case Errc::conflict:
      return "conflict";
    case Errc::system:
      return "system";
  }
  return "unknown";
}

}  // namespace weir::base
