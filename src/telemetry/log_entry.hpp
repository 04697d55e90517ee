#pragma once
// LogEntry: one line of the process log as a value, and its two renderings.
//
//   text   2025-11-20T23:25:12.345Z WARN  control  endpoint is out endpoint=10.0.0.1:80
//   JSON   {"time":"…","level":"warn","component":"control","message":"…","endpoint":"…"}
//
// Both escape control bytes: what a peer sent can neither forge a second line nor reach the
// operator's terminal as a command.

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weir::telemetry {

enum class Level : std::uint8_t { trace, debug, info, warn, error, off };

std::string_view name(Level level) noexcept;
/// "warn" and so on, any case. Empty when there is no such level.
std::optional<Level> parse_level(std::string_view text) noexcept;

/// A field at the place of the call: `{"endpoint", address}`, `{"failures", 5}`.
/// Lifetime: the call.
struct Field {
  using Value = std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool>;

  Field(std::string_view key_in, std::string_view text) : key(key_in), value(text) {}
  Field(std::string_view key_in, const char* text) : key(key_in), value(std::string_view(text)) {}
  Field(std::string_view key_in, const std::string& text)
      : key(key_in), value(std::string_view(text)) {}
  Field(std::string_view key_in, bool yes) : key(key_in), value(yes) {}
  template <std::signed_integral T>
  Field(std::string_view key_in, T number)
      : key(key_in), value(static_cast<std::int64_t>(number)) {}
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  Field(std::string_view key_in, T number)
      : key(key_in), value(static_cast<std::uint64_t>(number)) {}
  template <std::floating_point T>
  Field(std::string_view key_in, T number) : key(key_in), value(static_cast<double>(number)) {}

  std::string_view key;
  Value value;
};

/// A field that owns its text.
struct LogField {
  explicit LogField(const Field& field);

  std::string key;
  std::string text;
  bool is_text;  ///< else a number or a bool, written bare in JSON
};

struct LogEntry {
  std::int64_t wall_ms = 0;
  Level level = Level::info;
  std::string component;
  std::string message;
  std::vector<LogField> fields;
};

/// Appends one line with its newline.
void append_text(std::string& out, const LogEntry& entry);
void append_json(std::string& out, const LogEntry& entry);

}  // namespace weir::telemetry
