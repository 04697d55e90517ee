#pragma once
// JSON through Boost.JSON, compiled once in base/json.cpp. Include this, never boost headers.

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace weir::base {

namespace json = boost::json;

/// Strict RFC 8259: the whole text, at most 32 levels deep. Fails: bad_message with the offset.
Result<json::value> parse_json(std::string_view text);

/// Appends `text` as the inside of a JSON string: quotes, backslash and control bytes escaped,
/// bytes that are not valid UTF-8 replaced by U+FFFD. The output is always valid JSON.
void append_json_escaped(std::string& out, std::string_view text);

/// One line; numbers in their shortest plain form ("4.31", never "4.31E0").
std::string to_text(const json::value& value);
/// Indented by two spaces, for people.
std::string pretty_json(const json::value& value);

}  // namespace weir::base
