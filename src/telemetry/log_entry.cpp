#include "telemetry/log_entry.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <iterator>
#include <type_traits>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace weir::telemetry {
namespace {

constexpr std::array<std::string_view, 6> kLevelNames = {"trace", "debug", "info",
                                                         "warn",  "error", "off"};
constexpr std::array<std::string_view, 6> kLevelColumns = {"TRACE", "DEBUG", "INFO ",
                                                           "WARN ", "ERROR", "OFF  "};

std::string value_text(const Field::Value& value) {
  return std::visit(
      [](const auto& v) {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, double>) {
          // JSON has no NaN and no infinity.
          return std::isfinite(v) ? fmt::format("{}", v) : std::string("null");
        } else {
          return fmt::format("{}", v);
        }
      },
      value);
}

// Length of what a terminal may show at text[i]: 1 for printable ASCII, the length of a
// well-formed UTF-8 sequence that is not a C1 control (U+0080 to U+009F), else 0.
std::size_t printable_length(std::string_view text, std::size_t i) noexcept {
  const auto byte = [&](std::size_t k) {
    return k < text.size() ? static_cast<unsigned char>(text[k]) : 0u;
  };
  const unsigned lead = byte(i);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  if (lead == 0xc2 && byte(i + 1) < 0xa0) return 0;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(i + k) & 0xc0) != 0x80) return 0;
  }
  return length;
}

void append_safe(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t length = printable_length(text, i); length > 0) {
      out.append(text.substr(i, length));
      i += length;
      continue;
    }
    switch (text[i]) {
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text[i]));
    }
    ++i;
  }
}

// A value with spaces, quotes or an equals sign is quoted, so that a line can be split again.
void append_value(std::string& out, std::string_view text) {
  if (!text.empty() && text.find_first_of(" \"=\\\t\n") == std::string_view::npos) {
    append_safe(out, text);
    return;
  }
  out += '"';
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t special = std::min(text.find_first_of("\"\\", from), text.size());
    append_safe(out, text.substr(from, special - from));
    if (special < text.size()) {
      out += '\\';
      out += text[special];
    }
    from = special + 1;
  }
  out += '"';
}

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  base::append_json_escaped(out, text);
  out += '"';
}

}  // namespace

std::string_view name(Level level) noexcept { return kLevelNames[static_cast<std::size_t>(level)]; }

std::optional<Level> parse_level(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kLevelNames.size(); ++i) {
    if (base::equals_ignore_case(text, kLevelNames[i])) return static_cast<Level>(i);
  }
  return std::nullopt;
}

LogField::LogField(const Field& field)
    : key(field.key),
      text(value_text(field.value)),
      is_text(std::holds_alternative<std::string_view>(field.value)) {}

void append_text(std::string& out, const LogEntry& entry) {
  fmt::format_to(std::back_inserter(out), "{} {} ", base::rfc3339(entry.wall_ms).text,
                 kLevelColumns[static_cast<std::size_t>(entry.level)]);
  append_safe(out, entry.component);
  out += "  ";
  append_safe(out, entry.message);
  for (const LogField& field : entry.fields) {
    out += ' ';
    append_safe(out, field.key);
    out += '=';
    append_value(out, field.text);
  }
  out += '\n';
}

void append_json(std::string& out, const LogEntry& entry) {
  fmt::format_to(std::back_inserter(out), R"({{"time":"{}","level":"{}","component":)",
                 base::rfc3339(entry.wall_ms).text, name(entry.level));
  append_json_text(out, entry.component);
  out += R"(,"message":)";
  append_json_text(out, entry.message);
  for (const LogField& field : entry.fields) {
    out += ',';
    append_json_text(out, field.key);
    out += ':';
    if (field.is_text) {
      append_json_text(out, field.text);
    } else {
      out += field.text;
    }
  }
  out += "}\n";
}

}  // namespace weir::telemetry
