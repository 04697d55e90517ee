#pragma once
// Docker member: may this container take traffic, as whom and where? One container's facts and the
// source's settings in, one answer with its reason out. Pure.
//
// Labels: weir.service (whom it serves), weir.port (else its only exposed TCP port), weir.weight
// (1 to 1000), weir.kind (http, or sql: such a one is told of and not added). A label with a value
// that makes no sense keeps the container out: a guess could send traffic to the wrong place.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "control/docker_json.hpp"

namespace weir::control {

inline constexpr std::string_view kDockerServiceLabel = "weir.service";
inline constexpr std::string_view kDockerPortLabel = "weir.port";
inline constexpr std::string_view kDockerWeightLabel = "weir.weight";
inline constexpr std::string_view kDockerKindLabel = "weir.kind";
/// On what weir made; only such containers are ever stopped and removed.
inline constexpr std::string_view kDockerManagedLabel = "weir.managed-by";
inline constexpr std::string_view kDockerManagedValue = "weir";

/// One `docker:` entry of weir.yaml.
struct DockerSource {
  /// Whose endpoints they are; empty: the weir.service label says it. With another label than that
  /// one, containers whose weir.service names another service are not taken.
  std::string service;
  std::string label{kDockerServiceLabel};  ///< "key" or "key=value"
  std::string network;                     ///< empty: the only one it is connected to
  base::Duration resync = std::chrono::seconds(10);
  base::Duration drain = std::chrono::seconds(30);
};

enum class DockerKind : std::uint8_t { http, sql };

/// Whether it is there to stay: `out` ones come back as the same endpoint, `gone` ones do not.
enum class DockerStanding : std::uint8_t { in, out, gone };

struct DockerMember {
  DockerStanding standing = DockerStanding::gone;
  DockerKind kind = DockerKind::http;
  std::string id;
  std::string started_at;
  std::string name;
  std::string service;
  std::string address;  ///< "172.18.0.2:8080"; empty when it has none
  std::uint32_t weight = 1;
  int pid = 0;              ///< 0: not known
  bool is_managed = false;  ///< weir made it
  std::string state;        ///< of `out` and `gone`, one or two words: "paused"
  std::string reason;       ///< of `out` and `gone`, for people
};

DockerMember judge_docker(const DockerContainer& container, const DockerSource& source);

/// "key" or "key=value".
bool matches_label(const DockerLabels& labels, std::string_view filter);

}  // namespace weir::control
