#include "supervise/line_reader.hpp"

#include <cerrno>

namespace weir::supervise {
namespace {

constexpr unsigned kReadsPerTurn = 16;
constexpr unsigned kReadsAfterCancel = 32;  // of 4 KiB: more than one pipe holds

}  // namespace

bool LineReader::take_line(std::string& out) {
  for (;;) {
    const std::size_t end = bytes_.find('\n', scanned_);
    if (end == std::string::npos) {
      scanned_ = bytes_.size();
      if (bytes_.size() < line_max_) return false;
      const bool first = !cutting_;
      if (first) out = bytes_.substr(0, line_max_) + " [cut]";
      cutting_ = true;
      bytes_.clear();
      scanned_ = 0;
      return first;
    }
    std::string line = bytes_.substr(0, end);
    bytes_.erase(0, end + 1);
    scanned_ = 0;
    if (std::exchange(cutting_, false)) continue;  // the rest of a line that was cut
    if (!line.empty() && line.back() == '\r') line.pop_back();
    out = std::move(line);
    return true;
  }
}

runtime::Task<base::Result<std::string>> LineReader::next() {
  std::string line;
  for (;;) {
    if (take_line(line)) co_return line;
    if (ended_) {
      if (!bytes_.empty() && !cutting_) co_return std::exchange(bytes_, {});
      co_return base::fail(base::Errc::closed);
    }
    // A child that never pauses must not hold the lane; one that is dead gets its pipe's worth.
    if (++reads_ % kReadsPerTurn == 0) co_await watch_.readiness.lane().yield();
    const runtime::Wake wake = co_await watch_.readiness.wait_readable({});
    if (wake == runtime::Wake::cancelled && ++after_cancel_ > kReadsAfterCancel) {
      ended_ = true;
      continue;
    }
    char room[4096];
    const ssize_t got = ::read(watch_.fd(), room, sizeof room);
    if (got > 0) {
      bytes_.append(room, static_cast<std::size_t>(got));
    } else if (got == 0 || wake == runtime::Wake::cancelled ||
               (errno != EAGAIN && errno != EINTR)) {
      ended_ = true;
    } else {
      watch_.readiness.readable = false;
    }
  }
}

}  // namespace weir::supervise
