#pragma once
// A socket that closes itself, the clock, and where to connect: what every part of the generator
// shares.

#include <netinet/in.h>

#include <cstdint>
#include <utility>

namespace generator {

/// Nanoseconds of CLOCK_MONOTONIC.
std::uint64_t now_ns();

/// User and system time of this program so far.
std::uint64_t cpu_ns();

/// Raises the limit of open descriptors as far as the system allows.
void raise_descriptor_limit();

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { close(); }

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  void close();

 private:
  int fd_ = -1;
};

/// A TCP socket on its way to 127.0.0.1:`port`, from the `index`-th source address.
/// One source address has about 28,000 ports towards one target, so sources change every 4,000.
/// Fails: the socket is not open, errno says why. EINPROGRESS is no failure.
Socket connect_to(std::uint16_t port, unsigned index, bool blocking);

}  // namespace generator
