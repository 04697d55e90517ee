#pragma once
// AdminPort: what the admin listener needs of the rest of weir. Implemented in app/, where the
// parts are known; admin sees views and commands only.
//
// Called on the admin lane. Tasks may go to another lane and come back.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "observe/traffic_view.hpp"
#include "runtime/task.hpp"
#include "supervise/output_log.hpp"

namespace weir::admin {

/// What `GET /request` reports.
struct ProbeReport {
  bool success = false;
  std::uint32_t server_id = 0;
  std::string server_name;
  std::string server_url;
  std::string algorithm;
  std::int64_t active_connections = 0;
  double response_ms = 0;
  unsigned status = 0;
  std::string detail;  ///< why not, when it failed
};

struct About {
  std::string version;
  std::string revision;
  std::int64_t started_wall_ms = 0;
};

class AdminPort {
 public:
  virtual ~AdminPort() = default;

  virtual About about() const = 0;
  /// Empty when ready, else why not.
  virtual std::string not_ready() const = 0;
  /// As of the last second.
  virtual observe::TrafficView traffic() const = 0;
  virtual runtime::Task<std::string> prometheus() = 0;
  /// One GET through the service, by number or name; empty: the first. Fails: not_found.
  virtual runtime::Task<base::Result<ProbeReport>> send_request(std::string service) = 0;
  /// "stop", "start" or "restart". Fails: not_found; invalid_argument when the service has no
  /// processes; conflict in the present state.
  virtual runtime::Task<base::Result<void>> act(std::string service, std::string action) = 0;
  /// Fails: not_found.
  virtual base::Result<std::vector<supervise::OutputLine>> output(std::string service,
                                                                  std::uint64_t after,
                                                                  std::size_t limit) const = 0;
};

}  // namespace weir::admin
