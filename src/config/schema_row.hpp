#pragma once
// Schema rows: what a row of the schema is made of (schema.hpp), the ranges that several rows
// share, and the keys that a coming version will read.

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "config/settings.hpp"
#include "config/text_rule.hpp"

namespace weir::config {

/// `defaulted`: settings.hpp has a value. `required`: the file must have one. `optional`: empty
/// when absent, and then not printed.
enum class Presence : std::uint8_t { defaulted, required, optional };

struct Row {
  std::string_view key;
  std::string_view doc;
  Presence presence = Presence::defaulted;
};

template <class T>
struct Range {
  T min;
  T max;
};
using CountRange = Range<std::uint32_t>;
using SizeRange = Range<std::uint64_t>;
using TimeRange = Range<Duration>;
using RealRange = Range<double>;

/// Words for the values of an enum, in its order; `later` are words that a coming version reads.
struct Choices {
  std::span<const std::string_view> names;
  std::span<const std::string_view> later = {};
  std::string_view later_why = {};
};

inline constexpr std::uint32_t kNamedMax = 1'000;  // listeners or services: the names that
                                                   // suggestions and metrics have to carry
inline constexpr std::uint32_t kListMax = 10'000;  // items of any list

inline constexpr std::array<std::string_view, 1> kProtocolNames = {"h1"};
inline constexpr std::array<std::string_view, 2> kProtocolsLater = {"h2", "h2c"};
inline constexpr std::array<std::string_view, 2> kEscapesNames = {"refuse", "keep"};
inline constexpr std::array<std::string_view, 4> kLogLevelNames = {"debug", "info", "warn",
                                                                   "error"};
inline constexpr std::array<std::uint32_t, 5> kRedirectStatuses = {301, 302, 303, 307, 308};

// Keys of balancing.md, section 15, that a coming version reads. A key leaves its list when it gets
// a row.
inline constexpr std::string_view kNotYet = "is not in this version";
inline constexpr std::array<std::string_view, 2> kTopLater = {"chaos", "alerts"};
inline constexpr std::array<std::string_view, 2> kListenerLater = {"tls", "kind"};
inline constexpr std::array<std::string_view, 2> kAdminLater = {"tls", "users"};

namespace schema_ranges {
using namespace std::chrono_literals;
inline constexpr TimeRange kTimeout{1ms, 24h};
inline constexpr TimeRange kLongTimeout{1ms, 720h};  // streams may live for 30 days
inline constexpr SizeRange kBody{0, 1ull << 40};
// What the engine holds: a head and what follows it share one 72 KiB block (net/buffer.hpp), its
// fields one table of 256 (http/head.hpp).
inline constexpr SizeRange kLine{64, 64 * kKiB};
inline constexpr SizeRange kHead{kKiB, 64 * kKiB};
inline constexpr CountRange kFields{1, 256};
// Shorter ones would make weir busy with itself; they are for tests.
inline constexpr TimeRange kPeriod{10ms, 24h};
inline constexpr RealRange kShare{0, 1};
inline constexpr RealRange kPerSecond{0.001, 1'000'000};
}  // namespace schema_ranges

}  // namespace weir::config
