#include "app/record_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "telemetry/background_thread.hpp"

namespace weir::app {
namespace {

bool write_whole(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

base::Result<std::unique_ptr<RecordFile>> RecordFile::open(const std::string& path,
                                                           std::uint64_t bytes_max,
                                                           telemetry::Log& log) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return base::Fail(base::Error::from_errno(errno, "open the record " + path));
  return std::unique_ptr<RecordFile>(new RecordFile(fd, path, bytes_max, log));
}

RecordFile::RecordFile(int fd, std::string path, std::uint64_t bytes_max, telemetry::Log& log)
    : fd_(fd), path_(std::move(path)), bytes_max_(bytes_max), log_(log) {
  waiting_.push_back(balance::pick_record_magic());
  thread_ = telemetry::start_background("record", [this] { run(); });
}

RecordFile::~RecordFile() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  ::close(fd_);
}

bool RecordFile::give(std::string frames) {
  const std::lock_guard lock(mutex_);
  if (over_) return false;
  if (bytes_ + frames.size() > bytes_max_) {
    end("it has reached its size");
    return false;
  }
  if (waiting_.size() >= kWaitingMax) {
    end("the disk is too slow");
    return false;
  }
  bytes_ += frames.size();
  waiting_.push_back(std::move(frames));
  changed_.notify_one();
  return true;
}

// Requires: the lock is held.
void RecordFile::end(const std::string& why) {
  over_ = true;
  log_.warn("record", {{"path", path_}, {"bytes", bytes_}}, "recording of picks ends: {}", why);
}

void RecordFile::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::string chunk = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const bool written = write_whole(fd_, chunk);
    lock.lock();
    if (!written && !over_) end("it cannot be written");
    if (!written) waiting_.clear();
  }
}

}  // namespace weir::app
