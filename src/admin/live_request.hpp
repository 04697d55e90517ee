#pragma once
// LiveRequest: what a client of the live feed says: {"subscribe":["services"]} or
// {"unsubscribe":["logs"]}, or both. Pure.

#include <string>
#include <string_view>
#include <vector>

#include "admin/live_channel.hpp"
#include "base/result.hpp"

namespace weir::admin {

struct LiveRequest {
  std::vector<LiveTopic> subscribe;
  std::vector<LiveTopic> unsubscribe;
  std::string mistake;  ///< names no channel has; the rest counts all the same
};

/// Fails: bad_message for what is no JSON; invalid_argument for JSON of another shape.
base::Result<LiveRequest> parse_live_request(std::string_view text);

/// {"type":"error","detail":…} as a frame.
LiveFrame live_error(std::string_view detail);

}  // namespace weir::admin
