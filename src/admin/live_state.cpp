#include "admin/live_state.hpp"

#include <algorithm>

#include "admin/control_json.hpp"
#include "admin/view_json.hpp"
#include "base/clock.hpp"

namespace weir::admin {
namespace {

// One entry a member of `list`, by its number.
std::vector<LiveItem> by_id(const base::json::array& list) {
  std::vector<LiveItem> out;
  for (const auto& each : list) {
    out.push_back({base::to_text(each.as_object().at("id")), base::to_text(each)});
  }
  return out;
}

std::vector<LiveItem> overview_items(const observe::TrafficView& view) {
  std::vector<LiveItem> out;
  const base::json::value all = metrics_json(view);
  for (const auto& member : all.as_object()) {
    if (member.key() == "time") continue;  // the message says it
    out.push_back({base::to_text(base::json::value(base::json::string(member.key()))),
                   base::to_text(member.value())});
  }
  return out;
}

std::vector<LiveItem> breaker_items(const observe::TrafficView& view) {
  std::vector<LiveItem> out;
  const base::json::object all = breakers_json(view, {});
  for (const auto& each : all.at("circuitBreakers").as_array()) {
    const auto& breaker = each.as_object();
    base::json::object key{{"service", breaker.at("service")}};
    const auto* endpoint = breaker.if_contains("endpointId");
    key["endpointId"] = endpoint == nullptr ? base::json::value(nullptr) : *endpoint;
    out.push_back({base::to_text(key), base::to_text(each)});
  }
  return out;
}

}  // namespace

std::vector<LiveItem> live_items(LiveTopic topic, const observe::TrafficView& view) {
  switch (topic) {
    case LiveTopic::overview:
      return overview_items(view);
    case LiveTopic::services:
      return by_id(services_json(view, kWholeList).at("services").as_array());
    case LiveTopic::breakers:
      return breaker_items(view);
    case LiveTopic::algorithms:
      return by_id(algorithms_json(view, {}).as_object().at("services").as_array());
    case LiveTopic::logs:
      break;
  }
  return {};
}

LiveItem live_item(const telemetry::NumberedEntry& numbered) {
  const telemetry::LogEntry& entry = numbered.entry;
  const std::string number = std::to_string(numbered.number);
  std::string out = "{\"id\":" + number + ",\"time\":\"";
  out += base::rfc3339(entry.wall_ms).text;
  const auto add = [&out](std::string_view key, std::string_view text) {
    out += "\",\"";
    out += key;
    out += "\":\"";
    base::append_json_escaped(out, text);
  };
  add("level", telemetry::name(entry.level));
  add("component", entry.component);
  const auto about = std::ranges::find(entry.fields, "service", &telemetry::LogField::key);
  add("service", about == entry.fields.end() ? std::string_view() : about->text);
  add("message", entry.message);
  out += "\",\"fields\":{";
  bool is_first = true;
  for (const telemetry::LogField& field : entry.fields) {
    out += is_first ? "\"" : ",\"";
    is_first = false;
    base::append_json_escaped(out, field.key);
    out += "\":";
    if (field.is_text) out += '"';
    base::append_json_escaped(out, field.text);
    if (field.is_text) out += '"';
  }
  return {number, out + "}}"};
}

}  // namespace weir::admin
