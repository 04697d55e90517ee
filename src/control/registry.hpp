#pragma once
// Registry: which services there are, which endpoints each has, and which of them may be picked.
//
// It is the one place where endpoints appear, change and leave; every change publishes a new set to
// the data lanes at once. State is per endpoint with its reason, so that whatever is not eligible
// can say why. Callable from any thread: changes are rare, and each is one short critical section.

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "upstream/service.hpp"

namespace weir::control {

/// One endpoint as the registry knows it.
struct EndpointEntry {
  upstream::EndpointRef endpoint;
  bool eligible = false;
  std::string state;   ///< "eligible", "starting", "down", "stopped"
  std::string reason;  ///< why it is not eligible, or empty
  std::int64_t changed_wall_ms = 0;
  std::optional<int> pid;  ///< of a supervised child
};

struct ServiceEntry {
  std::shared_ptr<upstream::Service> service;
  std::vector<EndpointEntry> endpoints;  ///< by id
};

class Registry {
 public:
  /// `lanes`: data lanes, for the counters.
  explicit Registry(std::size_t lanes) : lanes_(lanes) {}

  /// Requires: a new name and number.
  std::shared_ptr<upstream::Service> add_service(std::uint32_t number, std::string name);

  /// A new endpoint, not eligible until set_state says so. Fails: not_found for the service.
  base::Result<upstream::EndpointRef> add_endpoint(const std::string& service, std::string name,
                                                   std::string address, std::uint32_t weight,
                                                   std::optional<int> pid);

  /// Publishes the change before it returns. An unknown id: no effect (it has just left).
  void set_state(std::uint32_t endpoint_id, bool eligible, std::string state, std::string reason);
  void remove_endpoint(std::uint32_t endpoint_id);

  /// By number. A copy: endpoints in it stay alive.
  std::vector<ServiceEntry> services() const;

 private:
  EndpointEntry* find(std::uint32_t endpoint_id, ServiceEntry** owner);
  void publish(const ServiceEntry& entry);

  const std::size_t lanes_;
  mutable std::mutex mutex_;
  std::vector<ServiceEntry> services_;  // guarded
  std::uint32_t next_id_ = 1;           // guarded
  std::uint64_t generation_ = 1;        // guarded
};

}  // namespace weir::control
