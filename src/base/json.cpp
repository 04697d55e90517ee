#include "base/json.hpp"

#include <fmt/format.h>

#include <boost/json/src.hpp>
#include <cmath>

#include "base/utf8.hpp"

namespace weir::base {
namespace {

// `indent` < 0: on one line.
void append_value(std::string& out, const json::value& value, int indent) {
  const int inner = indent < 0 ? -1 : indent + 1;
  const auto line = [&](int depth) {
    if (indent >= 0) out += '\n' + std::string(static_cast<std::size_t>(depth) * 2, ' ');
  };
  const auto members = [&](const auto& all, char open, char close, auto each) {
    out += open;
    bool first = true;
    for (const auto& member : all) {
      if (!first) out += ',';
      first = false;
      line(inner);
      each(member);
    }
    if (!first) line(indent);
    out += close;
  };
  if (value.is_object()) {
    members(value.get_object(), '{', '}', [&](const auto& member) {
      out += json::serialize(json::string(member.key())) + (indent < 0 ? ":" : ": ");
      append_value(out, member.value(), inner);
    });
  } else if (value.is_array()) {
    members(value.get_array(), '[', ']',
            [&](const auto& member) { append_value(out, member, inner); });
  } else if (value.is_double()) {
    const double number = value.get_double();
    out += std::isfinite(number) ? fmt::format("{}", number) : "null";
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

Result<json::value> parse_json(std::string_view text) {
  boost::system::error_code code;
  json::stream_parser parser;
  const std::size_t used = parser.write_some(text.data(), text.size(), code);
  if (!code && text.find_first_not_of(" \t\r\n", used) != std::string_view::npos) {
    return fail(Errc::bad_message, fmt::format("not JSON: extra text at offset {}", used));
  }
  if (!code) parser.finish(code);
  if (code) {
    return fail(Errc::bad_message, fmt::format("not JSON: {} at offset {}", code.message(), used));
  }
  return parser.release();
}

void append_json_escaped(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += text[i++];
    } else if (c < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", c);
      ++i;
    } else if (const std::size_t length = utf8_length(text, i); length > 0) {
      out.append(text.substr(i, length));
      i += length;
    } else {
      out += "\\ufffd";
      ++i;
    }
  }
}

std::string to_text(const json::value& value) {
  std::string out;
  append_value(out, value, -1);
  return out;
}

std::string pretty_json(const json::value& value) {
  std::string out;
  append_value(out, value, 0);
  out += '\n';
  return out;
}

}  // namespace weir::base
