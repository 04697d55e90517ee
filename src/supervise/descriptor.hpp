#pragma once
// Descriptor: a non-blocking file descriptor of any kind (pidfd, pipe) that a lane watches.

#include <unistd.h>

#include <utility>

#include "runtime/lane.hpp"

namespace weir::supervise {

/// Owns an open descriptor; -1 = none.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) noexcept : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { reset(); }
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void reset() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

/// Lane-only. The readiness of `fd` while this lives.
class Watch {
 public:
  Watch(runtime::Lane& lane, Fd fd) : readiness(lane), fd_(std::move(fd)) {
    const auto added = lane.add(fd_.get(), readiness);
    if (added) slot_ = *added;
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() {
    if (slot_ != 0) readiness.lane().remove(slot_);
  }
  int fd() const noexcept { return fd_.get(); }
  bool ok() const noexcept { return slot_ != 0; }

  runtime::Readiness readiness;

 private:
  Fd fd_;
  std::uint32_t slot_ = 0;
};

}  // namespace weir::supervise
