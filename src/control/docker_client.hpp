#pragma once
// DockerClient: the calls of the Docker engine that weir needs, over its unix socket.
//
// The API version is asked for with the first call and again after the engine could not be reached:
// 1.41 or what the engine has if that is less; its minimum if that is more. Each call takes a
// connection of its own (50 us on a unix socket), so that a restarted engine leaves nothing stale.
// Answers are bounded in size; docker_json.hpp reads them.
//
// stop() and remove() touch only containers labelled weir.managed-by=weir, looked at right before.
// The socket is as good as root: nothing here takes an id, a name or a text on trust.
// Lane-only.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "control/docker_json.hpp"
#include "control/docker_member.hpp"
#include "http/client_pool.hpp"
#include "http/fetch.hpp"

namespace weir::control {

/// The engine's socket by the value of DOCKER_HOST (empty: /var/run/docker.sock).
/// Fails: invalid_argument for anything but unix://PATH; it says why.
base::Result<net::Address> docker_socket(std::string_view docker_host);

/// Which containers; an empty part selects nothing.
struct DockerFilter {
  std::string label;  ///< "key" or "key=value"
  std::string network;
};

/// The engine's events as they come. One reader.
class DockerEvents {
 public:
  explicit DockerEvents(std::unique_ptr<http::ClientConnection> connection)
      : connection_(std::move(connection)) {}

  /// The next line that is not empty. Fails: deadline, and then it may be called again; closed,
  /// reset, bad_message, too_large (a line over 64 KiB): the stream is of no more use; cancelled.
  runtime::Task<base::Result<std::string>> next_line(base::Deadline deadline);
  /// next_line() ends with `cancelled`.
  void cancel() noexcept { connection_->stream->readiness().cancel(); }

 private:
  friend class DockerClient;
  static constexpr std::size_t kLineMax = 64 * 1024;

  bool take_line(std::string& out);

  std::unique_ptr<http::ClientConnection> connection_;
  std::string bytes_;
  std::size_t scanned_ = 0;
};

class DockerClient {
 public:
  /// Lifetime: the references outlive the client.
  DockerClient(http::LaneContext& context, http::Connector& connector, net::Address socket)
      : context_(context), pool_(context, connector, socket) {}

  // Every call fails: refused, unreachable, deadline, closed, reset (no engine); bad_message,
  // too_large (no engine's answer); not_found, conflict, invalid_argument, system (by its status,
  // with its message). The client outlives the task.

  /// Asks for the version anew.
  runtime::Task<base::Result<DockerApiVersion>> ping(base::Deadline deadline);
  /// Running and paused containers.
  runtime::Task<base::Result<DockerList>> list(DockerFilter filter, base::Deadline deadline);
  runtime::Task<base::Result<DockerContainer>> inspect(std::string id, base::Deadline deadline);
  /// What inspect says, as it stands.
  runtime::Task<base::Result<base::json::value>> inspect_whole(std::string id,
                                                               base::Deadline deadline);
  /// What a container uses, as parse_docker_stats() reads it. Takes the engine up to a second.
  runtime::Task<base::Result<std::string>> stats(std::string id, base::Deadline deadline);
  /// Subscribes to container and network events that concern membership.
  runtime::Task<base::Result<std::unique_ptr<DockerEvents>>> events(base::Deadline deadline);

  /// Creates a container that does not run yet; returns its id. `body` as docker_create_body().
  runtime::Task<base::Result<std::string>> create(std::string name, std::string body,
                                                  base::Deadline deadline);
  /// One that runs already is a success, and so is stopping one that does not.
  runtime::Task<base::Result<void>> start(std::string id, base::Deadline deadline);
  /// SIGTERM, and after `grace` SIGKILL; ends when it has stopped. `deadline` must allow for it.
  runtime::Task<base::Result<void>> stop(std::string id, base::Duration grace,
                                         base::Deadline deadline);
  /// Also of one that runs. One that is gone is a success. Fails: conflict when it is not weir's.
  runtime::Task<base::Result<void>> remove(std::string id, base::Deadline deadline);

 private:
  struct Call {
    std::string method = "GET";
    std::string path;  ///< after the version: "/containers/json"
    std::string body;
    std::size_t body_max = 1u << 20;
    bool is_versioned = true;
  };

  runtime::Task<base::Result<http::Fetched>> call(Call call, base::Deadline deadline);
  runtime::Task<base::Result<http::Fetched>> exchange(const Call& call, std::string target,
                                                      base::Deadline deadline);
  runtime::Task<base::Result<void>> want_version(base::Deadline deadline);
  runtime::Task<base::Result<void>> check_managed(std::string id, base::Deadline deadline);
  std::string target_of(const Call& call) const;

  http::LaneContext& context_;
  http::ClientPool pool_;
  std::optional<DockerApiVersion> version_;
};

}  // namespace weir::control
