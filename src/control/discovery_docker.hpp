#pragma once
// DiscoveryDocker: endpoints that are containers. It subscribes to the engine's events, then lists,
// then applies; lists again every `resync`, after a reconnect, and when events may have been lost.
//
// What the news mean is docker_fleet's business. Here is the asking: one session is one event
// stream; it ends with the stream or with a list that fails, and the next begins after a back-off.
// Meanwhile the last good set stays. A newcomer is tried every 25 ms and takes traffic when it
// accepts (and its service's checks agree). Start never waits for the engine. Once a second it also
// looks at what the containers use (docker_usage).
// Lane-only (control lane).

#include <memory>
#include <optional>
#include <string>

#include "base/rng.hpp"
#include "control/docker_client.hpp"
#include "control/docker_fleet.hpp"
#include "control/docker_usage.hpp"
#include "runtime/cancel.hpp"
#include "runtime/gate.hpp"

namespace weir::control {

class DiscoveryDocker {
 public:
  static constexpr base::Duration kBackoffMin = std::chrono::milliseconds(100);
  static constexpr base::Duration kBackoffMax = std::chrono::seconds(10);
  static constexpr base::Duration kConfirm = std::chrono::seconds(1);  ///< of held leaves

  /// `connector` tries the containers. Lifetime: the references outlive stop().
  DiscoveryDocker(http::LaneContext& context, DockerClient& client, http::Connector& connector,
                  Registry& registry, telemetry::Log& log, DockerSource source);

  void start();
  /// The endpoints stay as they are. Ends within 2 s even when the engine is silent.
  runtime::Task<void> stop();
  /// For a source that is taken out of the configuration: all its endpoints leave. After stop().
  void withdraw();

  DiscoveryView view() const;

 private:
  runtime::Task<void> run();
  runtime::Task<base::Result<void>> session();
  runtime::Task<base::Result<void>> work();
  runtime::Task<void> read_events();
  runtime::Task<base::Result<void>> list();
  runtime::Task<base::Result<void>> inspect(std::string id);
  runtime::Task<base::Result<void>> inspect_pending();
  runtime::Task<void> probe(DockerFleet::Probe wanted);
  runtime::Task<void> sweep();
  runtime::Task<void> watch_usage();
  runtime::Task<void> ask_usage();
  void begin_probes();
  void want_list();
  void note_failure(const base::Error& error);
  void note_success();

  http::LaneContext& context_;
  DockerClient& client_;
  http::Connector& connector_;
  telemetry::Log& log_;
  const DockerSource source_;
  DockerFleet fleet_;
  DockerUsage usage_;
  base::Rng rng_;
  runtime::Gate gate_;
  runtime::CancelSource stopping_;
  runtime::Readiness wake_;  // readable: there is something to do

  // of one session
  std::unique_ptr<DockerEvents> events_;
  std::optional<base::Error> stream_error_;
  base::Time list_at_{};
  base::Time listed_at_{};

  std::string error_;  // the last failure, while it lasts
  std::uint64_t cycles_ = 0;
  std::uint64_t failures_ = 0;
  bool is_good_ = false;  // this session has listed
};

}  // namespace weir::control
