#pragma once
// DataLanes: the threads that carry traffic. One lane per thread with its context, its proxy and
// one server per listener; all of them share the published route table and the registry's sets.

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "config/settings.hpp"
#include "control/registry.hpp"
#include "gateway/http_proxy.hpp"
#include "http/server.hpp"
#include "runtime/published.hpp"

namespace weir::app {

/// A listener as it was opened: with its real port.
struct OpenListener {
  std::string name;
  net::Address address;
  telemetry::ListenerTraffic* traffic;
};

class DataLanes {
 public:
  /// Opens every listener on every lane. Fails: a port in use, with its name; nothing runs then.
  static base::Result<std::unique_ptr<DataLanes>> open(
      const config::Settings& settings, std::size_t lanes,
      const runtime::Published<gateway::RouteTable>& routes,
      std::span<telemetry::RecordRing* const> access_logs);
  ~DataLanes();
  DataLanes(const DataLanes&) = delete;
  DataLanes& operator=(const DataLanes&) = delete;

  /// Every pick is written down from the first on. Before start(); the sink outlives this.
  void record_into(upstream::RecordSink& sink);
  /// Threads begin to serve.
  void start();
  /// Refuses new connections, drains for at most `patience`, then ends. Blocks. Returns how many
  /// connections had to be cut.
  std::size_t stop(base::Duration patience);

  /// Other limits for connections from now on. Requires: the same listeners. From one thread.
  void set_limits(const std::vector<config::Listener>& listeners);

  /// Runs `work` on a lane with its proxy. From any thread, while the lanes run. Requires: lane <
  /// size().
  using LaneWork =
      std::move_only_function<void(runtime::Lane&, runtime::Gate&, gateway::HttpProxy&)>;
  void post_to(std::size_t lane, LaneWork work);
  void post_to_first(LaneWork work) { post_to(0, std::move(work)); }

  const std::vector<OpenListener>& listeners() const noexcept { return listeners_; }
  std::size_t size() const noexcept { return lanes_.size(); }

 private:
  struct LaneParts;
  DataLanes() = default;
  std::vector<http::ServerLimits> limits_of(const std::vector<config::Listener>& listeners) const;

  std::unique_ptr<http::ConnectionBound> connections_;  // of all lanes and listeners
  std::deque<std::vector<http::ServerLimits>> limits_;  // one a listener; the last is in force
  std::vector<std::unique_ptr<telemetry::ListenerTraffic>> traffic_;
  std::vector<OpenListener> listeners_;
  http::SocketConnector connector_;
  std::vector<std::unique_ptr<LaneParts>> lanes_;
  std::vector<std::thread> threads_;
};

}  // namespace weir::app
