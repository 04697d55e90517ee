#pragma once
// Listener: one listening socket of one lane. A service address is opened once per lane with
// SO_REUSEPORT, so that the kernel spreads connections and lanes share nothing.

#include <functional>
#include <memory>
#include <optional>

#include "net/socket_stream.hpp"
#include "runtime/cancel.hpp"

namespace weir::net {

class Listener {
 public:
  /// Binds and listens. A port that another process listens on is refused, although SO_REUSEPORT
  /// would let two of the same user share it: `shared` says that the address is known to be ours.
  /// Fails: invalid_argument, or from the system call, with the address in the text.
  static base::Result<std::unique_ptr<Listener>> open(runtime::Lane& lane, const Address& address,
                                                      bool shared);
  ~Listener();

  /// The bound address; the port is known even when 0 was asked for.
  const Address& address() const noexcept { return address_; }

  struct Accepted {
    std::unique_ptr<SocketStream> stream;
    Address peer;
  };
  /// Next connection. Fails: cancelled after cancel(); overloaded when descriptors ran out (wait a
  /// little, then try again).
  runtime::Task<base::Result<Accepted>> accept();
  /// Accepts what is queued without waiting; nothing when the queue is empty.
  std::optional<Accepted> try_accept(base::Error* error);

  /// accept() ends with `cancelled`; queued connections may still be taken with try_accept().
  void cancel() noexcept { readiness_.cancel(); }

 private:
  Listener(runtime::Lane& lane, int fd, Address address)
      : lane_(lane), readiness_(lane), fd_(fd), address_(address) {}

  runtime::Lane& lane_;
  runtime::Readiness readiness_;
  int fd_;
  std::uint32_t slot_ = 0;
  Address address_;
};

/// Binds a TCP port without listening, so that nobody else gets it until the listeners are open.
/// Fails: as Listener::open. For port 0: finds a free port.
base::Result<Address> probe_bind(const Address& address);

}  // namespace weir::net
