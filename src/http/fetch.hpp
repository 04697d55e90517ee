#pragma once
// Fetch: one request of our own, whole in and whole out: probes of children, the command line's
// calls to the admin API, demo traffic. Not for proxied traffic.

#include <string>
#include <utility>
#include <vector>

#include "http/client_pool.hpp"

namespace weir::http {

struct FetchRequest {
  std::string method = "GET";
  std::string target = "/";
  std::string host;  ///< for the Host field
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  std::size_t body_max = 16u << 20;  ///< of the response
};

struct Fetched {
  std::uint16_t status = 0;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;
};

/// Uses a pooled connection when there is a quiet one. Fails: refused, unreachable, deadline,
/// closed, reset, bad_message, too_large. Lifetime: `pool` outlives the task.
runtime::Task<base::Result<Fetched>> fetch(LaneContext& context, ClientPool& pool,
                                           FetchRequest request, base::Deadline deadline);

}  // namespace weir::http
