#include "observe/access_log_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace weir::observe {
namespace {

using base::Errc;
using base::Error;
using base::fail;
using base::Fail;
using base::Result;

constexpr int kAskAgainMs = 100;

// O_NONBLOCK so that opening a FIFO without a reader fails instead of hanging; a regular file
// ignores it.
Result<int> open_for_appending(const std::string& path) {
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const int fd = ::open(path.c_str(), kFlags, 0640);
  if (fd < 0) return Fail(Error::from_errno(errno, fmt::format("access log '{}'", path)));
  return fd;
}

}  // namespace

Result<AccessLogFile> AccessLogFile::open(std::string path) {
  WEIR_TRY(const int fd, open_for_appending(path));
  return AccessLogFile(fd, std::move(path));
}

AccessLogFile AccessLogFile::borrow(int fd) { return AccessLogFile(fd, {}); }

AccessLogFile::AccessLogFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {
  struct stat status{};
  is_regular_ = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

AccessLogFile::AccessLogFile(AccessLogFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      path_(std::move(other.path_)),
      is_regular_(other.is_regular_),
      torn_(other.torn_) {}

AccessLogFile& AccessLogFile::operator=(AccessLogFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  std::swap(is_regular_, other.is_regular_);
  std::swap(torn_, other.torn_);
  return *this;
}

AccessLogFile::~AccessLogFile() { close(); }

void AccessLogFile::close() noexcept {
  if (fd_ >= 0 && !path_.empty()) ::close(fd_);
}

Result<void> AccessLogFile::reopen() {
  if (path_.empty()) return {};
  WEIR_TRY(AccessLogFile fresh, open(path_));
  *this = std::move(fresh);
  return {};
}

Result<void> AccessLogFile::wait_writable(const std::atomic<bool>& give_up) const {
  for (;;) {
    pollfd asked{.fd = fd_, .events = POLLOUT, .revents = 0};
    const bool is_last_try = give_up.load(std::memory_order_relaxed);
    const int n = ::poll(&asked, 1, is_last_try ? 0 : kAskAgainMs);
    if (n > 0) return {};
    if (n < 0 && errno != EINTR) return Fail(Error::from_errno(errno, "access log: poll"));
    if (n == 0 && is_last_try) {
      return fail(Errc::deadline, "access log: nobody reads it");
    }
  }
}

Result<void> AccessLogFile::write(std::string_view lines, const std::atomic<bool>& give_up,
                                  std::uint64_t* lost) {
  std::string mended;
  if (torn_) mended.append("\n").append(lines);
  std::string_view left = torn_ ? mended : lines;
  const std::size_t piece_max = is_regular_ ? left.size() : PIPE_BUF;
  Result<void> result;
  while (!left.empty() && result) {
    if (!is_regular_) result = wait_writable(give_up);
    if (!result) break;
    const ssize_t n = ::write(fd_, left.data(), std::min(left.size(), piece_max));
    if (n > 0) {
      torn_ = left[static_cast<std::size_t>(n) - 1] != '\n';
      left.remove_prefix(static_cast<std::size_t>(n));
    } else if (n < 0 && errno != EINTR && errno != EAGAIN) {
      result = Fail(Error::from_errno(errno, "access log"));
    }
  }
  if (left.size() > lines.size()) left = lines;
  *lost = static_cast<std::uint64_t>(std::count(left.begin(), left.end(), '\n'));
  return result;
}

}  // namespace weir::observe
