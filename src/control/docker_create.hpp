#pragma once
// Docker create: from what inspect says of one container to the body that creates another like it.
//
// Taken over: image, command, entry point, environment, user, working directory, exposed ports,
// health check, stop signal, labels, and limits that make it weaker (memory, CPU, processes,
// dropped capabilities, read-only root, no-new-privileges, init), and the restart policy.
// Not taken over, so that a container weir makes has never more than a plain one: volumes, binds,
// devices, added capabilities, privileged mode, host namespaces, published ports; and compose's own
// labels, or compose would count it among its replicas. Pure.

#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

namespace weir::control {

struct DockerCreateOptions {
  std::string service;  ///< becomes weir.service
  std::string label;    ///< "key=value" that discovery looks for; a key alone is already copied
  std::string network;  ///< empty: the template's only one
};

struct DockerCreate {
  std::string body;
  std::vector<std::string> left_out;  ///< what the template has and the copy will not: "Binds"
};

/// Fails: invalid_argument when the template cannot be copied (no image; on no network of its own,
/// or on several); too_large when its texts exceed 256 KiB.
base::Result<DockerCreate> docker_create_body(const base::json::value& inspected,
                                              const DockerCreateOptions& options);

}  // namespace weir::control
