#pragma once
// ClientPool: one lane's idle connections to one endpoint, last used first, so that the warm ones
// carry the traffic and the rest age out.
//
// An idle connection stays registered with the lane: any event on it (bytes, end, reset) means it
// is of no more use, which take() sees in its flags without a system call. Connections idle too
// long, or found dead, are closed by sweep(), once a second.
// Lane-only.

#include <memory>
#include <utility>
#include <vector>

#include "http/client_connection.hpp"
#include "net/address.hpp"

namespace weir::http {

/// Where new connections come from: sockets, or in-memory pipes in tests.
class Connector {
 public:
  virtual ~Connector() = default;
  virtual runtime::Task<base::Result<std::unique_ptr<net::Stream>>> connect(
      runtime::Lane& lane, net::Address address, base::Deadline deadline) = 0;
};

/// net::connect.
class SocketConnector final : public Connector {
 public:
  runtime::Task<base::Result<std::unique_ptr<net::Stream>>> connect(
      runtime::Lane& lane, net::Address address, base::Deadline deadline) override;
};

class ClientPool {
 public:
  ClientPool(LaneContext& context, Connector& connector, net::Address address)
      : context_(context), connector_(connector), address_(address) {}

  /// Keeps the pool while an exchange uses it. Lane-only.
  class Use {
   public:
    Use() = default;
    explicit Use(ClientPool* pool) noexcept : pool_(pool) { ++pool_->users_; }
    Use(Use&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)) {}
    Use& operator=(Use&& other) noexcept {
      std::swap(pool_, other.pool_);
      return *this;
    }
    ~Use() {
      if (pool_ != nullptr) --pool_->users_;
    }
    ClientPool* operator->() const noexcept { return pool_; }
    ClientPool& operator*() const noexcept { return *pool_; }
    explicit operator bool() const noexcept { return pool_ != nullptr; }

   private:
    ClientPool* pool_ = nullptr;
  };
  std::uint32_t users() const noexcept { return users_; }

  /// A quiet idle connection, or null.
  std::unique_ptr<ClientConnection> take();
  /// Keeps it for the next exchange; closes it when the pool is full. Requires: nothing unread.
  void give(std::unique_ptr<ClientConnection> connection);
  /// A new connection. Fails: as net::connect.
  runtime::Task<base::Result<std::unique_ptr<ClientConnection>>> connect(base::Deadline deadline);

  /// Closes what is dead or idle for too long.
  void sweep(base::Time now);
  void close_all() { idle_.clear(); }

  std::size_t idle() const noexcept { return idle_.size(); }
  const net::Address& address() const noexcept { return address_; }

 private:
  // 512 is a usual keep-alive setting of proxies; 30 s is below the idle time of common
  // servers (60 s), so that we are the one to close.
  static constexpr std::size_t kIdleMax = 512;
  static constexpr base::Duration kIdleTime = std::chrono::seconds(30);

  LaneContext& context_;
  Connector& connector_;
  net::Address address_;
  std::vector<std::unique_ptr<ClientConnection>> idle_;
  std::uint32_t users_ = 0;
};

}  // namespace weir::http
