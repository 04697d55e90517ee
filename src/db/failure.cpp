#include "db/failure.hpp"

#include <fmt/format.h>

#include <array>

namespace weir::db {
namespace {

using base::Errc;
using base::Retry;

struct Meaning {
  Cause cause;
  std::string_view name;
  Errc code;
  Retry retry;
  bool outage;
  std::string_view advice;
};

constexpr std::array kMeanings = {
    Meaning{Cause::none, "none", Errc::internal, Retry::never, false, ""},
    Meaning{Cause::unique, "unique", Errc::conflict, Retry::never, false,
            "a row with this key exists already"},
    Meaning{Cause::constraint, "constraint", Errc::conflict, Retry::never, false,
            "the row breaks a rule of its table"},
    Meaning{Cause::serialization, "serialization", Errc::conflict, Retry::safe, true,
            "another transaction was first; repeat the transaction"},
    Meaning{Cause::busy, "busy", Errc::overloaded, Retry::safe, true,
            "another writer holds it; try again, or find who keeps a transaction open"},
    Meaning{Cause::full, "full", Errc::overloaded, Retry::never, true,
            "free space or raise the server's limit"},
    Meaning{Cause::io, "io", Errc::system, Retry::never, true,
            "check the disk and the file's owner and mode"},
    Meaning{Cause::lost, "lost", Errc::reset, Retry::never, true,
            "the connection is gone; it is made again with the next use"},
    Meaning{Cause::unreachable, "unreachable", Errc::unreachable, Retry::safe, true,
            "check that the server runs and that host, port and socket are right"},
    Meaning{Cause::denied, "denied", Errc::refused, Retry::never, true,
            "check user, password and rights"},
    Meaning{Cause::timeout, "timeout", Errc::deadline, Retry::never, true,
            "the statement was given up"},
    Meaning{Cause::misuse, "misuse", Errc::invalid_argument, Retry::never, false, ""},
    Meaning{Cause::missing, "missing", Errc::not_found, Retry::never, true,
            "create it, or run `weir store migrate`"},
    Meaning{Cause::corrupt, "corrupt", Errc::bad_message, Retry::never, true,
            "restore the file from a copy, or move it away to start with an empty one"},
    Meaning{Cause::other, "other", Errc::system, Retry::never, false, ""},
};

const Meaning& meaning(Cause cause) noexcept {
  return kMeanings[static_cast<std::size_t>(cause) % kMeanings.size()];
}

struct State {
  std::string_view prefix;  // of the SQLSTATE; the first that fits counts
  Cause cause;
};

constexpr std::array kStates = {
    State{"23505", Cause::unique},
    State{"23", Cause::constraint},
    State{"40001", Cause::serialization},
    State{"40P01", Cause::serialization},
    State{"40", Cause::serialization},
    State{"55P03", Cause::busy},
    State{"55006", Cause::busy},
    State{"53300", Cause::unreachable},
    State{"53", Cause::full},
    State{"54", Cause::misuse},
    State{"57014", Cause::timeout},
    State{"57P03", Cause::unreachable},
    State{"57P", Cause::lost},
    State{"25P03", Cause::lost},
    State{"08", Cause::lost},
    State{"58", Cause::io},
    State{"XX001", Cause::corrupt},
    State{"XX002", Cause::corrupt},
    State{"28", Cause::denied},
    State{"42501", Cause::denied},
    State{"25006", Cause::denied},
    State{"3D000", Cause::missing},
    State{"3F000", Cause::missing},
    State{"42P01", Cause::missing},
    State{"42703", Cause::missing},
    State{"42883", Cause::missing},
    State{"42", Cause::misuse},
    State{"22", Cause::misuse},
    State{"25", Cause::misuse},
    State{"0A", Cause::misuse},
    State{"26", Cause::misuse},
};

}  // namespace

std::string_view name(Cause cause) noexcept { return meaning(cause).name; }

bool is_outage(Cause cause) noexcept { return meaning(cause).outage; }

Cause cause_of_sqlstate(std::string_view sqlstate) noexcept {
  for (const auto& state : kStates) {
    if (sqlstate.starts_with(state.prefix)) return state.cause;
  }
  return Cause::other;
}

base::Error to_error(const Failure& failure, std::string_view message) {
  const Meaning& means = meaning(failure.cause);
  while (message.ends_with('\n')) message.remove_suffix(1);
  std::string text(message);
  if (!failure.code.empty()) text += fmt::format(" ({})", failure.code);
  if (!means.advice.empty()) text += fmt::format("; {}", means.advice);
  return base::Error(means.code, std::move(text), base::Origin::upstream, means.retry);
}

}  // namespace weir::db
