#include "telemetry/log_tail.hpp"

#include <algorithm>

namespace weir::telemetry {

void LogTail::write(const LogEntry& entry) {
  next_.write(entry);
  NumberedEntry kept{0, entry};
  kept.entry.message.resize(std::min(kept.entry.message.size(), kMessageMax));
  const std::lock_guard lock(mutex_);
  kept.number = ++last_;
  entries_.push(std::move(kept));
}

std::vector<NumberedEntry> LogTail::since(std::uint64_t after, std::size_t limit) const {
  std::vector<NumberedEntry> out;
  const std::lock_guard lock(mutex_);
  const std::uint64_t fresh = last_ - std::min(after, last_);
  const std::size_t count = std::min({static_cast<std::size_t>(fresh), limit, entries_.size()});
  for (std::size_t i = entries_.size() - count; i < entries_.size(); ++i) {
    out.push_back(entries_[i]);
  }
  return out;
}

}  // namespace weir::telemetry
