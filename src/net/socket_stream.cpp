#include "net/socket_stream.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/lane.hpp"

namespace weir::net {
namespace {

// libc's recv and send are cancellation points: in a threaded program each costs 60 instructions
// more than the bare call. Nothing here is ever cancelled by pthread_cancel.
ssize_t receive(int fd, void* room, std::size_t size) noexcept {
  return ::syscall(SYS_recvfrom, fd, room, size, 0, nullptr, nullptr);
}
ssize_t send_one(int fd, const void* bytes, std::size_t size) noexcept {
  return ::syscall(SYS_sendto, fd, bytes, size, MSG_NOSIGNAL, nullptr, 0);
}
ssize_t send_many(int fd, const msghdr* message) noexcept {
  return ::syscall(SYS_sendmsg, fd, message, MSG_NOSIGNAL);
}

}  // namespace

base::Result<std::unique_ptr<SocketStream>> SocketStream::adopt(runtime::Lane& lane, int fd) {
  std::unique_ptr<SocketStream> stream(new SocketStream(lane, fd));
  const auto slot = lane.add(fd, stream->readiness_);
  if (!slot) return base::Fail(slot.error());
  stream->slot_ = *slot;
  return stream;
}

SocketStream::~SocketStream() {
  if (slot_ != 0) lane().remove(slot_);
  ::close(fd_);
}

IoCount SocketStream::fill(std::span<char> room) {
  const ssize_t got = receive(fd_, room.data(), room.size());
  if (got > 0) [[likely]] {
    const auto bytes = static_cast<std::size_t>(got);
    if (bytes < room.size() && !readiness_.hangup) readiness_.readable = false;
    return {IoStatus::ok, bytes};
  }
  if (got == 0) return {IoStatus::ended};
  if (errno == EAGAIN || errno == EINTR) {
    readiness_.readable = false;
    return {IoStatus::again};
  }
  os_error_ = errno;
  return {IoStatus::broken};
}

IoCount SocketStream::try_send(std::span<const iovec> parts) {
  ssize_t sent;
  std::size_t wanted = 0;
  if (parts.size() == 1) {
    wanted = parts[0].iov_len;
    sent = send_one(fd_, parts[0].iov_base, wanted);
  } else {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts.data());
    message.msg_iovlen = parts.size();
    for (const iovec& each : parts) wanted += each.iov_len;
    sent = send_many(fd_, &message);
  }
  if (sent >= 0) [[likely]] {
    if (static_cast<std::size_t>(sent) < wanted) readiness_.writable = false;
    return {IoStatus::ok, static_cast<std::size_t>(sent)};
  }
  if (errno == EAGAIN || errno == EINTR) {
    readiness_.writable = false;
    return {IoStatus::again};
  }
  os_error_ = errno;
  return {IoStatus::broken};
}

void SocketStream::end_writing() noexcept { ::shutdown(fd_, SHUT_WR); }

void SocketStream::set_reset_on_close() noexcept {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

bool SocketStream::is_quiet() noexcept {
  char byte;
  const ssize_t got = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && errno == EAGAIN;
}

runtime::Task<base::Result<std::unique_ptr<Stream>>> connect(runtime::Lane& lane, Address address,
                                                             base::Deadline deadline) {
  const auto fail_with = [](int os_error, std::string_view doing) {
    return base::Fail(base::Error::from_errno(os_error, doing, base::Origin::upstream)
                          .with_retry(base::Retry::safe));
  };
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) co_return fail_with(errno, "socket");
  if (address.family() != AF_UNIX) {
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  const int started = ::connect(fd, address.raw(), address.length());
  // A full backlog of a Unix socket says EAGAIN and never becomes writable: treat it as refused.
  if (started != 0 && errno != EINPROGRESS) {
    const int os_error = errno == EAGAIN ? ECONNREFUSED : errno;
    ::close(fd);
    co_return fail_with(os_error, "connect");
  }
  auto adopted = SocketStream::adopt(lane, fd);
  if (!adopted) co_return base::Fail(adopted.error());
  std::unique_ptr<Stream> stream = std::move(*adopted);
  if (started == 0) {
    stream->readiness().writable = true;
    co_return stream;
  }
  const runtime::Wake wake = co_await stream->readiness().wait_writable(deadline);
  if (wake == runtime::Wake::deadline) {
    co_return base::fail(base::Errc::deadline, "connect: no answer in time", base::Origin::upstream,
                         base::Retry::safe);
  }
  if (wake == runtime::Wake::cancelled) co_return base::fail(base::Errc::cancelled);
  int os_error = 0;
  socklen_t size = sizeof os_error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &os_error, &size);
  if (os_error != 0) co_return fail_with(os_error, "connect");
  co_return stream;
}

}  // namespace weir::net
