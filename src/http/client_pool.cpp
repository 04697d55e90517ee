#include "http/client_pool.hpp"

#include <algorithm>

#include "net/socket_stream.hpp"

namespace weir::http {

runtime::Task<base::Result<std::unique_ptr<net::Stream>>> SocketConnector::connect(
    runtime::Lane& lane, net::Address address, base::Deadline deadline) {
  return net::connect(lane, address, deadline);
}

std::unique_ptr<ClientConnection> ClientPool::take() {
  while (!idle_.empty()) {
    std::unique_ptr<ClientConnection> connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->is_quiet()) [[likely]] {
      connection->reused = true;
      return connection;
    }
  }
  return nullptr;
}

void ClientPool::give(std::unique_ptr<ClientConnection> connection) {
  if (idle_.size() >= kIdleMax || !connection->is_quiet()) return;
  connection->idle_since = context_.lane.now();
  idle_.push_back(std::move(connection));
}

runtime::Task<base::Result<std::unique_ptr<ClientConnection>>> ClientPool::connect(
    base::Deadline deadline) {
  auto connecting = connector_.connect(context_.lane, address_, deadline);
  WEIR_CO_TRY(std::unique_ptr<net::Stream> stream, co_await connecting);
  co_return std::make_unique<ClientConnection>(context_, std::move(stream));
}

void ClientPool::sweep(base::Time now) {
  std::erase_if(idle_, [now](const std::unique_ptr<ClientConnection>& connection) {
    return !connection->is_quiet() || now - connection->idle_since > kIdleTime;
  });
}

}  // namespace weir::http
