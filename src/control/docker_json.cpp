#include "control/docker_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "net/address.hpp"

namespace weir::control {
namespace {

using base::json::array;
using base::json::object;
using base::json::value;

constexpr std::size_t kDockerNameMax = 128;
constexpr std::size_t kShortId = 12;
constexpr std::size_t kMessageMax = 200;
constexpr std::size_t kStartedAtMax = 64;
constexpr std::int64_t kPidEnd = std::int64_t{1} << 31;
constexpr std::string_view kNeverStarted = "0001-01-01T00:00:00Z";

base::Fail bad_docker(std::string why) {
  return base::fail(base::Errc::bad_message, "Docker: " + std::move(why), base::Origin::upstream,
                    base::Retry::safe);
}

const object* object_at(const object& in, std::string_view key) noexcept {
  const value* found = in.if_contains(key);
  return found == nullptr ? nullptr : found->if_object();
}

std::string_view text_at(const object& in, std::string_view key) noexcept {
  const value* found = in.if_contains(key);
  if (found == nullptr || !found->is_string()) return {};
  return {found->get_string().data(), found->get_string().size()};
}

std::string_view key_of(const base::json::key_value_pair& member) noexcept {
  return {member.key().data(), member.key().size()};
}

bool is_alnum(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

DockerState state_of(std::string_view word) noexcept {
  constexpr std::array kAll = {DockerState::created,    DockerState::running,  DockerState::paused,
                               DockerState::restarting, DockerState::removing, DockerState::exited,
                               DockerState::dead};
  for (const DockerState each : kAll) {
    if (name(each) == word) return each;
  }
  return DockerState::unknown;
}

DockerHealth health_of(std::string_view word) noexcept {
  if (word == "healthy") return DockerHealth::healthy;
  if (word == "unhealthy") return DockerHealth::unhealthy;
  if (word == "starting") return DockerHealth::starting;
  return DockerHealth::none;
}

void read_labels(const object* in, DockerLabels& out) {
  if (in == nullptr) return;
  for (const auto& member : *in) {
    if (out.size() >= kDockerLabelsMax) return;
    const std::string_view key = key_of(member);
    if (key.empty() || key.size() > kDockerLabelKeyMax || !member.value().is_string()) continue;
    const auto& text = member.value().get_string();
    if (text.size() > kDockerLabelValueMax) continue;
    out.emplace(key, std::string_view(text.data(), text.size()));
  }
}

// Canonical, or empty when it is none that can be connected to.
std::string usable_ip(std::string_view text) {
  if (text.empty() || text.front() == '[') return {};
  const auto address = net::Address::ip(text, 1);
  return address && address->is_unicast() ? address->host() : std::string();
}

void read_networks(const object& container, std::vector<DockerNetwork>& out) {
  const object* settings = object_at(container, "NetworkSettings");
  const object* networks = settings == nullptr ? nullptr : object_at(*settings, "Networks");
  if (networks == nullptr) return;
  for (const auto& member : *networks) {
    if (out.size() >= kDockerNetworksMax) return;
    const object* facts = member.value().if_object();
    if (facts == nullptr || !is_docker_name(key_of(member))) continue;
    DockerNetwork network{.name = std::string(key_of(member)), .id = {}, .ip = {}};
    if (const auto id = text_at(*facts, "NetworkID"); is_docker_id(id)) network.id = id;
    network.ip = usable_ip(text_at(*facts, "IPAddress"));
    if (network.ip.empty()) network.ip = usable_ip(text_at(*facts, "GlobalIPv6Address"));
    out.push_back(std::move(network));
  }
}

// "8080/tcp" of ExposedPorts, and of Ports for what was published without being exposed.
void read_ports(const object* in, std::vector<std::uint16_t>& out) {
  if (in == nullptr) return;
  for (const auto& member : *in) {
    std::string_view key = key_of(member);
    if (!key.ends_with("/tcp")) continue;
    key.remove_suffix(4);
    const auto port = base::parse_uint(key);
    if (!port || *port == 0 || *port > 65535) continue;
    const auto number = static_cast<std::uint16_t>(*port);
    if (std::ranges::find(out, number) != out.end() || out.size() >= kDockerPortsMax) continue;
    out.push_back(number);
  }
}

std::string container_name(std::string_view name, std::string_view id) {
  if (name.starts_with('/')) name.remove_prefix(1);
  return std::string(is_docker_name(name) ? name : id.substr(0, kShortId));
}

bool is_time_text(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kStartedAtMax && std::ranges::all_of(text, [](char c) {
    return is_alnum(c) || c == ':' || c == '.' || c == '-' || c == '+';
  });
}

base::Result<DockerRow> read_row(const value& item) {
  const object* row = item.if_object();
  if (row == nullptr) return bad_docker("a row of the list is no object");
  DockerRow out;
  out.id = text_at(*row, "Id");
  if (!is_docker_id(out.id)) return bad_docker("a row of the list has no id of 64 hex digits");
  std::string_view name;
  if (const value* names = row->if_contains("Names"); names != nullptr && names->is_array()) {
    // A linked container has names such as /other/alias besides.
    for (const value& each : names->get_array()) {
      if (!each.is_string()) continue;
      const std::string_view text(each.get_string().data(), each.get_string().size());
      if (text.find('/', 1) == std::string_view::npos) name = text;
    }
  }
  out.name = container_name(name, out.id);
  out.state = state_of(text_at(*row, "State"));
  read_labels(object_at(*row, "Labels"), out.labels);
  read_networks(*row, out.networks);
  return out;
}

// The usual stop signals: TERM, INT, QUIT (nginx) and WINCH (Apache). KILL is followed by the
// death.
bool asks_to_end(std::string_view signal) noexcept {
  return signal == "15" || signal == "2" || signal == "3" || signal == "28";
}

DockerAction container_action(std::string_view action) noexcept {
  constexpr std::array<std::pair<std::string_view, DockerAction>, 7> kActions = {
      {{"start", DockerAction::start},
       {"die", DockerAction::die},
       {"pause", DockerAction::pause},
       {"unpause", DockerAction::unpause},
       {"destroy", DockerAction::destroy},
       {"health_status: healthy", DockerAction::healthy},
       {"health_status: unhealthy", DockerAction::unhealthy}}};
  for (const auto& [word, value] : kActions) {
    if (word == action) return value;
  }
  return DockerAction::other;
}

}  // namespace

std::string_view name(DockerState state) noexcept {
  constexpr std::array<std::string_view, 8> kNames = {"unknown",    "created",  "running", "paused",
                                                      "restarting", "removing", "exited",  "dead"};
  return kNames[static_cast<std::size_t>(state)];
}

bool is_docker_id(std::string_view text) noexcept {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool is_docker_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kDockerNameMax && is_alnum(text.front()) &&
         std::ranges::all_of(
             text, [](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

base::Result<DockerList> parse_docker_list(std::string_view text) {
  WEIR_TRY(const value document, base::parse_json(text));
  const array* rows = document.if_array();
  if (rows == nullptr) return bad_docker("the container list is no list");
  DockerList out;
  for (const value& item : *rows) {
    auto row = read_row(item);
    if (row && out.rows.size() >= kDockerRowsMax) {
      row = bad_docker(fmt::format("more than {} containers", kDockerRowsMax));
    }
    if (row) {
      out.rows.push_back(std::move(*row));
    } else if (out.refused++ == 0) {
      out.first_refusal = row.error().detail();
    }
  }
  return out;
}

base::Result<DockerContainer> parse_docker_container(std::string_view text) {
  WEIR_TRY(const value document, base::parse_json(text));
  return read_docker_container(document);
}

base::Result<DockerContainer> read_docker_container(const value& document) {
  const object* top = document.if_object();
  const object* state = top == nullptr ? nullptr : object_at(*top, "State");
  if (state == nullptr) return bad_docker("an inspected container has no state");
  DockerContainer out;
  out.id = text_at(*top, "Id");
  if (!is_docker_id(out.id)) return bad_docker("an inspected container has no id");
  out.name = container_name(text_at(*top, "Name"), out.id);
  out.state = state_of(text_at(*state, "Status"));
  const std::string_view started = text_at(*state, "StartedAt");
  if (is_time_text(started) && started != kNeverStarted) out.started_at = started;
  if (const value* pid = state->if_contains("Pid");
      pid != nullptr && pid->is_int64() && pid->get_int64() > 0 && pid->get_int64() < kPidEnd) {
    out.pid = static_cast<int>(pid->get_int64());
  }
  if (const object* health = object_at(*state, "Health"); health != nullptr) {
    out.health = health_of(text_at(*health, "Status"));
  }
  read_networks(*top, out.networks);
  if (const object* config = object_at(*top, "Config"); config != nullptr) {
    read_labels(object_at(*config, "Labels"), out.labels);
    read_ports(object_at(*config, "ExposedPorts"), out.ports);
  }
  if (const object* settings = object_at(*top, "NetworkSettings"); settings != nullptr) {
    read_ports(object_at(*settings, "Ports"), out.ports);
  }
  std::ranges::sort(out.ports);
  return out;
}

base::Result<DockerEvent> parse_docker_event(std::string_view line) {
  WEIR_TRY(const value document, base::parse_json(line));
  const object* top = document.if_object();
  const object* actor = top == nullptr ? nullptr : object_at(*top, "Actor");
  if (actor == nullptr) return bad_docker("an event has no actor");
  const std::string_view type = text_at(*top, "Type");
  const std::string_view action = text_at(*top, "Action");
  DockerEvent out;
  const object* attributes = object_at(*actor, "Attributes");
  if (type == "container") {
    out.action = container_action(action);
    if (action == "kill" && attributes != nullptr && asks_to_end(text_at(*attributes, "signal"))) {
      out.action = DockerAction::stopping;
    }
    if (out.action == DockerAction::other) return out;
    out.container = text_at(*actor, "ID");
    read_labels(attributes, out.labels);
  } else if (type == "network" && (action == "connect" || action == "disconnect")) {
    out.action = action == "connect" ? DockerAction::connect : DockerAction::disconnect;
    if (attributes != nullptr) {
      out.container = text_at(*attributes, "container");
      if (const auto name = text_at(*attributes, "name"); is_docker_name(name)) out.network = name;
    }
  } else {
    return out;
  }
  if (!is_docker_id(out.container)) return bad_docker("an event names no container");
  return out;
}

base::Result<DockerApiVersion> parse_docker_version(std::string_view text) {
  const std::size_t dot = std::min(text.find('.'), text.size());
  const auto major = base::parse_uint(text.substr(0, dot));
  const auto minor = base::parse_uint(text.substr(std::min(dot + 1, text.size())));
  if (!major || !minor || *major > 999 || *minor > 999) {
    return bad_docker(fmt::format("'{}' is no API version", text.substr(0, 32)));
  }
  return DockerApiVersion{static_cast<std::uint32_t>(*major), static_cast<std::uint32_t>(*minor)};
}

base::Result<DockerApiVersion> parse_docker_min_version(std::string_view text) {
  WEIR_TRY(const value document, base::parse_json(text));
  const object* top = document.if_object();
  if (top == nullptr) return bad_docker("the version is no object");
  return parse_docker_version(text_at(*top, "MinAPIVersion"));
}

std::string docker_message(std::string_view body) {
  const auto document = base::parse_json(body);
  if (!document || !document->is_object()) return {};
  std::string out(text_at(document->get_object(), "message").substr(0, kMessageMax));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  }
  return out;
}

base::Result<std::string> parse_docker_created(std::string_view text) {
  WEIR_TRY(const value document, base::parse_json(text));
  const object* top = document.if_object();
  std::string id(top == nullptr ? std::string_view() : text_at(*top, "Id"));
  if (!is_docker_id(id)) return bad_docker("a created container has no id");
  return id;
}

}  // namespace weir::control
