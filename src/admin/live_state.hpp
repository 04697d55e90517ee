#pragma once
// LiveState: the traffic as the parts of a live channel, in the JSON the API gives. Pure.

#include <vector>

#include "admin/live_channel.hpp"
#include "observe/traffic_view.hpp"
#include "telemetry/log_tail.hpp"

namespace weir::admin {

/// Requires: not logs.
std::vector<LiveItem> live_items(LiveTopic topic, const observe::TrafficView& view);
LiveItem live_item(const telemetry::NumberedEntry& entry);

}  // namespace weir::admin
