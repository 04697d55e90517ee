#include "telemetry/log_sink.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace weir::telemetry {
namespace {

// A standard error nobody reads must not hold up the process's end: after this long per batch the
// rest of it is given up.
constexpr int kStuckMs = 1000;
constexpr std::size_t kBatchMax = 64 * 1024;

}  // namespace

FdSink::FdSink(int fd, LogFormat format)
    : fd_(fd),
      json_(format == LogFormat::json || (format == LogFormat::automatic && ::isatty(fd) == 0)) {}

void FdSink::write(const LogEntry& entry) {
  if (json_) {
    append_json(batch_, entry);
  } else {
    append_text(batch_, entry);
  }
  if (batch_.size() >= kBatchMax) flush();
}

void FdSink::flush() {
  std::string_view left = batch_;
  while (!left.empty()) {
    const ssize_t n = ::write(fd_, left.data(), left.size());
    if (n > 0) {
      left.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && errno == EAGAIN) {
      pollfd writable{.fd = fd_, .events = POLLOUT, .revents = 0};
      if (::poll(&writable, 1, kStuckMs) == 0) break;
    } else if (n >= 0 || errno != EINTR) {
      break;
    }
  }
  batch_.clear();
}

void MemorySink::write(const LogEntry& entry) {
  const std::lock_guard lock(mutex_);
  entries_.push_back(entry);
}

std::vector<LogEntry> MemorySink::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

bool MemorySink::contains(std::string_view part) const {
  for (const LogEntry& entry : entries()) {
    std::string line;
    append_text(line, entry);
    if (line.find(part) != std::string::npos) return true;
  }
  return false;
}

}  // namespace weir::telemetry
