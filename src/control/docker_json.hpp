#pragma once
// What the Docker engine says, as typed values: container list, inspect, event lines, errors.
//
// Whoever may start a container chooses most of these texts, so all of it is untrusted: every
// string, list and number has a bound, ids and addresses are checked for their form, and what does
// not fit is refused (a document) or left out and counted (a row, a label). Unknown fields and
// words of newer engines are no error. Pure.
// Source: Docker Engine API 1.41; platform.md, 1.2.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace weir::control {

inline constexpr std::size_t kDockerRowsMax = 512;  // containers of one list
inline constexpr std::size_t kDockerLabelsMax = 256;
inline constexpr std::size_t kDockerLabelKeyMax = 256;     // bytes
inline constexpr std::size_t kDockerLabelValueMax = 4096;  // bytes
inline constexpr std::size_t kDockerNetworksMax = 64;
inline constexpr std::size_t kDockerPortsMax = 64;

enum class DockerState : std::uint8_t {
  unknown,
  created,
  running,
  paused,
  restarting,
  removing,
  exited,
  dead,
};
enum class DockerHealth : std::uint8_t { none, starting, healthy, unhealthy };
/// "running". Lifetime: static.
std::string_view name(DockerState state) noexcept;

using DockerLabels = std::map<std::string, std::string, std::less<>>;

struct DockerNetwork {
  std::string name;
  std::string id;  ///< may be empty
  std::string ip;  ///< canonical, IPv4 before IPv6; empty: not connected now
  bool operator==(const DockerNetwork&) const = default;
};

/// A row of the list.
struct DockerRow {
  std::string id;    ///< 64 hex digits
  std::string name;  ///< without the leading slash; the id's first 12 digits if there is none
  DockerState state = DockerState::unknown;
  DockerLabels labels;
  std::vector<DockerNetwork> networks;
};

struct DockerList {
  std::vector<DockerRow> rows;
  std::size_t refused = 0;    ///< rows left out: without an id, or over kDockerRowsMax
  std::string first_refusal;  ///< why, of the first of them
};

/// What inspect says.
struct DockerContainer : DockerRow {
  std::string started_at;  ///< as written; it changes with every start
  DockerHealth health = DockerHealth::none;
  int pid = 0;  ///< of its first process, in the engine's process namespace; 0: none
  std::vector<std::uint16_t> ports;  ///< exposed TCP ports, sorted
};

enum class DockerAction : std::uint8_t {
  other,
  start,
  stopping,  ///< it was sent a signal that asks it to end
  die,
  pause,
  unpause,
  destroy,
  healthy,
  unhealthy,
  connect,
  disconnect,
};

struct DockerEvent {
  DockerAction action = DockerAction::other;
  std::string container;  ///< id; empty only for `other`
  std::string network;    ///< name, of connect and disconnect
  DockerLabels labels;    ///< of container events; with the engine's own attributes among them
};

/// 64 lower-case hex digits.
bool is_docker_id(std::string_view text) noexcept;
/// A container's, network's or image's name that may stand in a path: at most 128 bytes.
bool is_docker_name(std::string_view text) noexcept;

/// Fails: bad_message when it is no JSON list.
base::Result<DockerList> parse_docker_list(std::string_view text);
/// Fails: bad_message when it is no object with an id and a state.
base::Result<DockerContainer> parse_docker_container(std::string_view text);
base::Result<DockerContainer> read_docker_container(const base::json::value& document);
/// One line of the stream. Fails: bad_message.
base::Result<DockerEvent> parse_docker_event(std::string_view line);

struct DockerApiVersion {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  auto operator<=>(const DockerApiVersion&) const = default;
};
/// "1.41". Fails: bad_message.
base::Result<DockerApiVersion> parse_docker_version(std::string_view text);
/// The least version the engine speaks, from GET /version. Fails: bad_message.
base::Result<DockerApiVersion> parse_docker_min_version(std::string_view text);

/// The `message` of an error's body, printable and at most 200 bytes; empty when there is none.
std::string docker_message(std::string_view body);
/// The id in the answer to create. Fails: bad_message.
base::Result<std::string> parse_docker_created(std::string_view text);

}  // namespace weir::control
