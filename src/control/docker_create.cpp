#include "control/docker_create.hpp"

#include <fmt/format.h>

#include <array>

#include "control/docker_client.hpp"
#include "control/docker_json.hpp"
#include "control/docker_member.hpp"

namespace weir::control {
namespace {

constexpr std::size_t kCreateBodyMax = 256 * 1024;
constexpr std::array<std::string_view, 10> kConfigKeys = {
    "Image",      "Cmd",         "Entrypoint", "Env",          "User",
    "WorkingDir", "Healthcheck", "StopSignal", "ExposedPorts", "Tty"};
constexpr std::array<std::string_view, 14> kHostKeys = {
    "Memory",    "MemorySwap", "MemoryReservation", "NanoCpus",     "CpuShares",
    "CpuPeriod", "CpuQuota",   "CpusetCpus",        "PidsLimit",    "CapDrop",
    "Ulimits",   "Init",       "ReadonlyRootfs",    "RestartPolicy"};
// What changes the container's powers or place; said when it is left out.
constexpr std::array<std::string_view, 9> kLeftOut = {"Binds",  "Mounts",      "Devices",
                                                      "CapAdd", "Privileged",  "PidMode",
                                                      "Tmpfs",  "VolumesFrom", "PortBindings"};

const base::json::object* part(const base::json::object& in, std::string_view key) {
  const base::json::value* found = in.if_contains(key);
  return found == nullptr ? nullptr : found->if_object();
}

bool says_something(const base::json::value& value) {
  if (value.is_null()) return false;
  if (value.is_bool()) return value.get_bool();
  if (value.is_string()) return !value.get_string().empty();
  if (value.is_array()) return !value.get_array().empty();
  if (value.is_object()) return !value.get_object().empty();
  return true;
}

template <std::size_t N>
base::json::object take(const base::json::object& from,
                        const std::array<std::string_view, N>& keys) {
  base::json::object out;
  for (const std::string_view key : keys) {
    const base::json::value* found = from.if_contains(key);
    if (found != nullptr && !found->is_null()) out[key] = *found;
  }
  return out;
}

base::json::object labels_of(const DockerContainer& from, const DockerCreateOptions& options) {
  base::json::object out;
  for (const auto& [key, text] : from.labels) {
    if (!key.starts_with("com.docker.")) out[key] = text;
  }
  if (!options.service.empty()) out[kDockerServiceLabel] = options.service;
  if (const std::size_t equals = options.label.find('='); equals != std::string::npos) {
    out[options.label.substr(0, equals)] = options.label.substr(equals + 1);
  }
  out[kDockerManagedLabel] = kDockerManagedValue;
  return out;
}

base::Result<std::string> network_for(const DockerContainer& from,
                                      const DockerCreateOptions& options) {
  if (!options.network.empty()) return options.network;
  if (from.networks.size() == 1 && from.networks[0].name != "host" &&
      from.networks[0].name != "none") {
    return from.networks[0].name;
  }
  return base::fail(
      base::Errc::invalid_argument,
      fmt::format("container {} is on {}; say which network a copy joins", from.name,
                  from.networks.size() > 1 ? "several networks" : "no network of its own"));
}

}  // namespace

base::Result<DockerCreate> docker_create_body(const base::json::value& inspected,
                                              const DockerCreateOptions& options) {
  WEIR_TRY(const DockerContainer from, read_docker_container(inspected));
  const base::json::object* config = part(inspected.get_object(), "Config");
  const base::json::object* host = part(inspected.get_object(), "HostConfig");
  const base::json::value* image = config == nullptr ? nullptr : config->if_contains("Image");
  if (image == nullptr || !image->is_string() || image->get_string().empty()) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("container {} names no image", from.name));
  }
  WEIR_TRY(const std::string network, network_for(from, options));
  DockerCreate out;
  base::json::object body = take(*config, kConfigKeys);
  body["Labels"] = labels_of(from, options);
  base::json::object host_config;
  if (host != nullptr) {
    host_config = take(*host, kHostKeys);
    if (const auto* options_of = host->if_contains("SecurityOpt");
        options_of != nullptr && options_of->is_array()) {
      for (const base::json::value& each : options_of->get_array()) {
        if (each.is_string() && each.get_string().starts_with("no-new-privileges")) {
          host_config["SecurityOpt"] = base::json::array{each};
        }
      }
    }
    for (const std::string_view key : kLeftOut) {
      const base::json::value* found = host->if_contains(key);
      if (found != nullptr && says_something(*found)) out.left_out.emplace_back(key);
    }
  }
  host_config["NetworkMode"] = network;
  body["HostConfig"] = std::move(host_config);
  body["NetworkingConfig"] = {{"EndpointsConfig", {{network, base::json::object()}}}};
  out.body = base::json::serialize(body);
  if (out.body.size() > kCreateBodyMax) {
    return base::fail(base::Errc::too_large,
                      fmt::format("container {} has too much text to copy", from.name));
  }
  return out;
}

}  // namespace weir::control
