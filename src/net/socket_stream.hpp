#pragma once
// SocketStream: a connected, non-blocking TCP or Unix socket on a lane.
//
// A read shorter than the room means the kernel's buffer is empty, unless the peer has hung up: so
// no second recv only to hear EAGAIN. (engine.md, technique 1.)

#include <memory>

#include "net/stream.hpp"

namespace weir::net {

class SocketStream final : public Stream {
 public:
  /// Takes the descriptor. Fails: from epoll; the descriptor is closed then.
  static base::Result<std::unique_ptr<SocketStream>> adopt(runtime::Lane& lane, int fd);
  ~SocketStream() override;

  IoCount fill(std::span<char> room) override;
  IoCount try_send(std::span<const iovec> parts) override;
  void end_writing() noexcept override;
  void set_reset_on_close() noexcept override;
  int splice_fd() const noexcept override { return fd_; }
  bool is_quiet() noexcept override;

  int fd() const noexcept { return fd_; }

 private:
  SocketStream(runtime::Lane& lane, int fd) noexcept : Stream(lane), fd_(fd) {}

  int fd_;
  std::uint32_t slot_ = 0;
};

/// Connects. Fails: refused, unreachable, deadline, overloaded (no descriptor), all with origin
/// upstream and retry `if_unsent` → nothing was sent, so `safe`.
runtime::Task<base::Result<std::unique_ptr<Stream>>> connect(runtime::Lane& lane, Address address,
                                                             base::Deadline deadline);

}  // namespace weir::net
