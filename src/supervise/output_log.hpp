#pragma once
// OutputLog: the last lines a child wrote, for `weir logs`. Bounded; written by the control lane,
// read by the admin lane, each access one short critical section.

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/ring.hpp"

namespace weir::supervise {

struct OutputLine {
  std::uint64_t number = 0;  ///< from 1, without gaps
  std::int64_t wall_ms = 0;
  std::string child;
  std::string text;
};

class OutputLog {
 public:
  static constexpr std::size_t kLinesMax = 2000;  // at 4 KiB a line: 8 MB a service at most

  void add(std::string child, std::string text, std::int64_t wall_ms) {
    const std::lock_guard lock(mutex_);
    lines_.push({++last_, wall_ms, std::move(child), std::move(text)});
  }

  /// Lines after number `after`, oldest first, at most the last `limit` of them.
  std::vector<OutputLine> since(std::uint64_t after, std::size_t limit) const {
    const std::lock_guard lock(mutex_);
    std::vector<OutputLine> out;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (lines_[i].number > after) out.push_back(lines_[i]);
    }
    if (out.size() > limit) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(limit));
    return out;
  }

 private:
  mutable std::mutex mutex_;
  base::Ring<OutputLine> lines_{kLinesMax};  // guarded
  std::uint64_t last_ = 0;                   // guarded
};

}  // namespace weir::supervise
