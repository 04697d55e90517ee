#pragma once
// DockerScale: a service of containers grows and shrinks. A new container is a copy of one that is
// there: its image, command, environment, labels and network; discovery finds it like any other.
// Only containers that weir made are ever stopped and removed: the label weir.managed-by says so,
// and it is read again right before.
//
// Lane-only (control lane).

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "control/discovery_docker.hpp"
#include "control/scale_driver.hpp"
#include "runtime/cancel.hpp"
#include "runtime/gate.hpp"

namespace weir::control {

class DockerScale final : public ScaleDriver {
 public:
  /// `discovery`: of this service. Lifetime: the references outlive stop().
  DockerScale(runtime::Lane& lane, DockerClient& client, DiscoveryDocker& discovery,
              Registry& registry, telemetry::Log& log, DockerSource source);

  std::string_view driver_name() const noexcept override { return "docker"; }
  std::uint32_t wanted() const noexcept override;
  std::vector<ScaledMember> members() const override;
  std::string obstacle() const override;
  void scale_to(std::uint32_t wanted, base::Duration drain) override;

  /// What is under way ends or is given up; containers stay as they are.
  runtime::Task<void> stop();

 private:
  runtime::Task<void> grow(std::string model);
  runtime::Task<base::Result<void>> copy(std::string model);
  runtime::Task<void> shrink(std::uint32_t count, base::Duration drain);
  runtime::Task<void> retire(std::string id, std::uint32_t endpoint_id, base::Duration drain);
  std::uint32_t present() const;

  runtime::Lane& lane_;
  DockerClient& client_;
  DiscoveryDocker& discovery_;
  Registry& registry_;
  telemetry::Log& log_;
  const DockerSource source_;
  base::Rng rng_;
  std::uint32_t target_ = 0;  // of the last operation
  base::Time settled_at_{};   // from then on what is there is what is wanted
  std::uint32_t under_way_ = 0;
  mutable std::map<std::string, base::Time> seen_;  // by container, since when
  runtime::Gate gate_;
  runtime::CancelSource stopping_;
};

}  // namespace weir::control
