#include "control/docker_member.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "control/operator_command.hpp"

namespace weir::control {
namespace {

constexpr std::size_t kShown = 64;  // of a label's value in a reason

const std::string* find_label(const DockerLabels& labels, std::string_view key) {
  const auto found = labels.find(key);
  return found == labels.end() ? nullptr : &found->second;
}

// Printable, and short: it ends up on terminals.
std::string shown_label(std::string_view text) {
  std::string out(text.substr(0, kShown));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '?';
  }
  return out;
}

// 0: said in `reason`.
std::uint32_t number_label(const DockerLabels& labels, std::string_view key, std::uint32_t most,
                           std::string& reason) {
  const std::string* text = find_label(labels, key);
  const auto number = base::parse_uint(*text);
  if (number && *number >= 1 && *number <= most) return static_cast<std::uint32_t>(*number);
  reason =
      fmt::format("its label {}='{}' is not a number from 1 to {}", key, shown_label(*text), most);
  return 0;
}

std::uint16_t port_of(const DockerContainer& container, std::string& reason) {
  if (find_label(container.labels, kDockerPortLabel) != nullptr) {
    return static_cast<std::uint16_t>(
        number_label(container.labels, kDockerPortLabel, 65535, reason));
  }
  if (container.ports.size() == 1) return container.ports.front();
  reason = container.ports.empty()
               ? "it exposes no TCP port and has no weir.port label"
               : fmt::format("it exposes {} TCP ports and has no weir.port label",
                             container.ports.size());
  return 0;
}

const DockerNetwork* network_of(const DockerContainer& container, const DockerSource& source,
                                std::string& reason) {
  const DockerNetwork* chosen = nullptr;
  for (const DockerNetwork& each : container.networks) {
    if (!source.network.empty() ? each.name != source.network : each.ip.empty()) continue;
    if (chosen != nullptr) {
      reason = fmt::format("it is on {} networks; say which: docker: {{ network: {} }}",
                           container.networks.size(), chosen->name);
      return nullptr;
    }
    chosen = &each;
  }
  if (chosen != nullptr && !chosen->ip.empty()) return chosen;
  reason = source.network.empty()
               ? "it is connected to no network with an address"
               : fmt::format("it is not connected to network {}", source.network);
  return nullptr;
}

DockerMember& stand(DockerMember& member, DockerStanding standing, std::string_view state,
                    std::string reason) {
  member.standing = standing;
  member.state = state;
  member.reason = std::move(reason);
  return member;
}

// Whether its own state lets it take traffic.
bool is_running(const DockerContainer& container, DockerMember& member) {
  switch (container.state) {
    case DockerState::running:
      break;
    case DockerState::paused:
      stand(member, DockerStanding::out, "paused", "its container is paused");
      return false;
    default:
      stand(member, DockerStanding::gone, name(container.state),
            fmt::format("its container is {}", name(container.state)));
      return false;
  }
  if (container.health == DockerHealth::unhealthy) {
    stand(member, DockerStanding::out, "unhealthy", "its container's own health check fails");
    return false;
  }
  if (container.health == DockerHealth::starting) {
    stand(member, DockerStanding::out, "starting",
          "its container's own health check has not passed yet");
    return false;
  }
  return true;
}

}  // namespace

DockerMember judge_docker(const DockerContainer& container, const DockerSource& source) {
  DockerMember out;
  out.id = container.id;
  out.started_at = container.started_at;
  out.name = container.name;
  out.pid = container.pid;
  const std::string* managed = find_label(container.labels, kDockerManagedLabel);
  out.is_managed = managed != nullptr && *managed == kDockerManagedValue;
  const bool runs = is_running(container, out);
  if (out.standing == DockerStanding::gone && !runs) return out;
  std::string reason;
  const auto refuse = [&](std::string_view state) {
    if (runs) stand(out, DockerStanding::out, state, std::move(reason));
    return out;
  };
  const std::string* service = find_label(container.labels, kDockerServiceLabel);
  // Other labels than weir.service may be shared by several services.
  const bool is_told_apart = service != nullptr && !source.service.empty() &&
                             *service != source.service &&
                             source.label.substr(0, source.label.find('=')) != kDockerServiceLabel;
  if (is_told_apart) {
    reason =
        fmt::format("its label weir.service='{}' names another service", shown_label(*service));
    return refuse("not ours");
  }
  out.service = !source.service.empty() ? source.service : service != nullptr ? *service : "";
  if (!is_docker_name(out.service)) {
    reason = service == nullptr ? "it has no weir.service label"
                                : fmt::format("its label weir.service='{}' names no service",
                                              shown_label(*service));
    out.service.clear();
    return refuse("no service");
  }
  if (const std::string* kind = find_label(container.labels, kDockerKindLabel); kind != nullptr) {
    if (*kind != "http" && *kind != "sql") {
      reason = fmt::format("its label weir.kind='{}' is neither http nor sql", shown_label(*kind));
      return refuse("bad label");
    }
    out.kind = *kind == "sql" ? DockerKind::sql : DockerKind::http;
  }
  if (find_label(container.labels, kDockerWeightLabel) != nullptr) {
    out.weight = number_label(container.labels, kDockerWeightLabel, kWeightMax, reason);
    if (out.weight == 0) return refuse("bad label");
  }
  const std::uint16_t port = port_of(container, reason);
  if (port == 0) {
    return refuse(find_label(container.labels, kDockerPortLabel) != nullptr ? "bad label"
                                                                            : "no port");
  }
  const DockerNetwork* network = network_of(container, source, reason);
  if (network == nullptr) return refuse("disconnected");
  const bool is_v6 = network->ip.find(':') != std::string::npos;
  out.address =
      is_v6 ? fmt::format("[{}]:{}", network->ip, port) : fmt::format("{}:{}", network->ip, port);
  if (runs) out.standing = DockerStanding::in;
  return out;
}

bool matches_label(const DockerLabels& labels, std::string_view filter) {
  const std::size_t equals = filter.find('=');
  const std::string* found = find_label(labels, filter.substr(0, equals));
  if (found == nullptr) return false;
  return equals == std::string_view::npos || *found == filter.substr(equals + 1);
}

}  // namespace weir::control
