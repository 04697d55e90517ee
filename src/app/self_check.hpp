#pragma once
// Self-check: one request through the gateway to each service, as a client would send it.

#include <string>
#include <vector>

#include "app/instance.hpp"

namespace weir::app {

struct ServiceCheck {
  std::string service;
  std::string path;  ///< of the route used
  std::size_t eligible = 0;
  std::size_t wanted = 0;
  unsigned status = 0;  ///< 0: no answer
  double ms = 0;
  std::string detail;  ///< why it failed
  bool ok() const noexcept { return status >= 200 && status < 500; }
};

/// Services that a route without host or method conditions reaches, in the file's order.
std::vector<ServiceCheck> check_services(Instance& instance);

}  // namespace weir::app
