#include "admin/live_request.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "http/ws_frame.hpp"

namespace weir::admin {
namespace {

constexpr std::size_t kNamesMax = 32;
constexpr std::size_t kNameShown = 64;

base::Result<void> read_topics(const base::json::value& value, std::vector<LiveTopic>& into,
                               std::string& mistake) {
  if (!value.is_array() || value.get_array().size() > kNamesMax) {
    return base::fail(base::Errc::invalid_argument, "not a list of at most 32 channels");
  }
  for (const auto& each : value.get_array()) {
    if (!each.is_string()) {
      return base::fail(base::Errc::invalid_argument, "a channel's name is a text");
    }
    const std::string_view name = each.get_string();
    if (const auto topic = parse_live_topic(name)) {
      into.push_back(*topic);
    } else {
      mistake = fmt::format("no channel '{}'; there are {}", name.substr(0, kNameShown),
                            fmt::join(kLiveTopics, ", "));
    }
  }
  return {};
}

}  // namespace

base::Result<LiveRequest> parse_live_request(std::string_view text) {
  WEIR_TRY(const base::json::value parsed, base::parse_json(text));
  if (!parsed.is_object() || parsed.get_object().empty()) {
    return base::fail(base::Errc::invalid_argument, "not an object with subscribe or unsubscribe");
  }
  LiveRequest out;
  for (const auto& member : parsed.get_object()) {
    if (member.key() == "subscribe") {
      WEIR_CHECK(read_topics(member.value(), out.subscribe, out.mistake));
    } else if (member.key() == "unsubscribe") {
      WEIR_CHECK(read_topics(member.value(), out.unsubscribe, out.mistake));
    } else {
      return base::fail(base::Errc::invalid_argument, "a member beside subscribe and unsubscribe");
    }
  }
  return out;
}

LiveFrame live_error(std::string_view detail) {
  std::string text = R"({"type":"error","detail":")";
  base::append_json_escaped(text, detail);
  return std::make_shared<const std::string>(http::ws_frame(http::WsKind::text, text + "\"}"));
}

}  // namespace weir::admin
