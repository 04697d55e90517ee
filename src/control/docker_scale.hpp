#pragma once
// DockerScale: a service of containers grows and shrinks. A new container is a copy of one that is
// there: its image, command, environment, labels and network; discovery finds it like any other.
//
// 1. Only containers that weir made are ever stopped and removed: their label weir.managed-by says
//    so, and the labels of a container never change.
// 2. How many there are is what discovery sees, without those that this driver is ending and with
//    those that it has started and that are not seen yet. Others may start and end containers of
//    the service meanwhile (compose, docker rm): they are counted as they come and go.
// 3. One that leaves gets no new request, ends what it has under way, and then stops. When the
//    engine will not stop it, it stays and takes traffic again.
//
// Lane-only (control lane).

#include <map>
#include <memory>
#include <set>
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
  std::uint32_t least() const override;
  void scale_to(std::uint32_t wanted, base::Duration drain) override;

  /// What is under way ends or is given up; containers that drain stay as they are.
  runtime::Task<void> stop();

 private:
  runtime::Task<void> grow();
  runtime::Task<base::Result<void>> copy(std::string model);
  runtime::Task<base::Result<std::string>> create(const std::string& name, std::string body);
  runtime::Task<void> shrink(DiscoveredView member, base::Duration drain);
  runtime::Task<base::Result<void>> retire(std::string id, std::uint32_t endpoint_id,
                                           base::Duration drain);
  void set_membership(std::uint32_t endpoint_id, balance::Membership to, base::Time closes_at);
  bool is_present(const DiscoveredView& member) const;
  std::vector<DiscoveredView> present() const;
  std::uint32_t coming() const;
  std::string find_model(const std::set<std::string>& gone) const;

  runtime::Lane& lane_;
  DockerClient& client_;
  DiscoveryDocker& discovery_;
  Registry& registry_;
  telemetry::Log& log_;
  const DockerSource source_;
  base::Rng rng_;
  std::uint32_t creating_ = 0;
  mutable std::map<std::string, base::Time> started_;  // not seen yet; until when that may be so
  std::set<std::string> leaving_;                      // containers
  mutable std::map<std::string, base::Time> seen_;     // by container, since when
  runtime::Gate gate_;
  runtime::CancelSource stopping_;
};

}  // namespace weir::control
