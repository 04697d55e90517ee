#include "net/listener.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "runtime/lane.hpp"

namespace weir::net {
namespace {

constexpr int kBacklog = 4096;  // the kernel clamps it to net.core.somaxconn

base::Fail failed(int os_error, const Address& address) {
  return base::Fail(base::Error::from_errno(os_error, fmt::format("listen on {}", address.text())));
}

int open_socket(const Address& address) {
  const int fd = ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int one = 1;
  if (fd >= 0 && address.family() != AF_UNIX) {
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (address.family() == AF_INET6) {
      ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    }
  }
  return fd;
}

Address bound_address(int fd) {
  sockaddr_storage raw{};
  socklen_t length = sizeof raw;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&raw), &length);
  return Address::from(reinterpret_cast<sockaddr*>(&raw), length);
}

// A socket file nobody listens on is a left-over of a killed process.
void remove_stale_socket(const Address& address) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  const bool dead = ::connect(fd, address.raw(), address.length()) != 0 && errno == ECONNREFUSED;
  ::close(fd);
  if (dead) ::unlink(reinterpret_cast<const sockaddr_un*>(address.raw())->sun_path);
}

}  // namespace

base::Result<Address> probe_bind(const Address& address) {
  if (address.family() == AF_UNIX) return address;
  const int fd = open_socket(address);
  if (fd < 0) return failed(errno, address);
  if (::bind(fd, address.raw(), address.length()) != 0 || ::listen(fd, 1) != 0) {
    const int os_error = errno;
    ::close(fd);
    return failed(os_error, address);
  }
  const Address found = bound_address(fd);
  ::close(fd);
  return found;
}

base::Result<std::unique_ptr<Listener>> Listener::open(runtime::Lane& lane, const Address& address,
                                                       bool shared) {
  if (!shared) {
    const auto free = probe_bind(address);
    if (!free) return base::Fail(free.error());
  }
  if (address.family() == AF_UNIX) remove_stale_socket(address);
  const int fd = open_socket(address);
  if (fd < 0) return failed(errno, address);
  const int one = 1;
  if (address.family() != AF_UNIX) {
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);  // accepted sockets inherit it
  }
  if (::bind(fd, address.raw(), address.length()) != 0 || ::listen(fd, kBacklog) != 0) {
    const int os_error = errno;
    ::close(fd);
    return failed(os_error, address);
  }
  std::unique_ptr<Listener> listener(
      new Listener(lane, fd, address.family() == AF_UNIX ? address : bound_address(fd)));
  const auto slot = lane.add(fd, listener->readiness_);
  if (!slot) return base::Fail(slot.error());
  listener->slot_ = *slot;
  return listener;
}

Listener::~Listener() {
  if (slot_ != 0) lane_.remove(slot_);
  ::close(fd_);
  if (address_.family() == AF_UNIX) {
    ::unlink(reinterpret_cast<const sockaddr_un*>(address_.raw())->sun_path);
  }
}

std::optional<Listener::Accepted> Listener::try_accept(base::Error* error) {
  sockaddr_storage raw{};
  socklen_t length = sizeof raw;
  const int fd =
      ::accept4(fd_, reinterpret_cast<sockaddr*>(&raw), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EAGAIN) {
      readiness_.readable = false;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      *error = base::Error::from_errno(errno, "accept");
    }
    return std::nullopt;
  }
  auto stream = SocketStream::adopt(lane_, fd);
  if (!stream) {
    *error = stream.error();
    return std::nullopt;
  }
  return Accepted{std::move(*stream), Address::from(reinterpret_cast<sockaddr*>(&raw), length)};
}

runtime::Task<base::Result<Listener::Accepted>> Listener::accept() {
  for (;;) {
    const runtime::Wake wake = co_await readiness_.wait_readable({});
    if (wake == runtime::Wake::cancelled) co_return base::fail(base::Errc::cancelled);
    base::Error error(base::Errc::closed);
    auto accepted = try_accept(&error);
    if (accepted) co_return std::move(*accepted);
    if (error.code() != base::Errc::closed) co_return base::Fail(error);
  }
}

}  // namespace weir::net
