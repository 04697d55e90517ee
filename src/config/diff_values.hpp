#pragma once
// Diff, the values of one section: every key with its text, and which of them differ. See diff.hpp.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace weir::config {

/// One key that differs.
struct ValueChange {
  enum class Kind : std::uint8_t { changed, added, removed };
  std::string key;     ///< path inside its section: "breaker.failures"
  std::string before;  ///< empty if added
  std::string after;   ///< empty if removed; as `before` when the difference is not to be shown
  Kind kind = Kind::changed;
  bool operator==(const ValueChange&) const = default;
};

/// One key of a section, with its text.
struct Value {
  std::string key;
  std::string text;
  bool is_section = false;
  bool is_hidden = false;  ///< variables of children: often secret
};

/// Every key, in the order of the schema; of a service without its discovery, of a route without
/// its match.
std::vector<Value> values_of(const Service& service);
std::vector<Value> values_of(const Route& route);
std::vector<Value> values_of(const Listener& listener);
std::vector<Value> values_of(const DnsDiscovery& dns);
std::vector<Value> values_of(const DockerDiscovery& docker);

/// The keys whose texts differ, in the order of `after`, then what is gone. Of a section that comes
/// or goes as a whole, its own key alone.
std::vector<ValueChange> changes_of(const std::vector<Value>& before,
                                    const std::vector<Value>& after);

/// A text for people: without quotes around it, passwords and control bytes, and not endlessly
/// long.
std::string shown_text(std::string_view text);

}  // namespace weir::config
