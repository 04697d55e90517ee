#include "generator/idle.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <string>

namespace generator {
namespace {

constexpr std::size_t kWave = 512;

}  // namespace

unsigned IdleConnections::open(unsigned count) {
  sockets_.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    Socket socket = connect_to(target_.port, i, true);
    if (!socket.is_open()) break;
    sockets_.push_back(std::move(socket));
  }
  unsigned good = 0;
  for (std::size_t begin = 0; begin < sockets_.size(); begin += kWave) {
    const std::size_t end = std::min(begin + kWave, sockets_.size());
    for (std::size_t i = begin; i < end; ++i) send_request(sockets_[i]);
    for (std::size_t i = begin; i < end; ++i) good += read_answer(sockets_[i]) ? 1 : 0;
  }
  return good;
}

/// A failure shows as no answer.
void IdleConnections::send_request(const Socket& socket) const {
  const std::string request = "GET " + target_.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  send(socket.fd(), request.data(), request.size(), MSG_NOSIGNAL);
}

bool IdleConnections::read_answer(const Socket& socket) {
  ResponseReader reader;
  reader.start();
  std::array<char, 64 * 1024> buffer;
  for (;;) {
    const ssize_t count = recv(socket.fd(), buffer.data(), buffer.size(), 0);
    if (count <= 0) return false;
    const auto progress = reader.feed({buffer.data(), static_cast<std::size_t>(count)});
    if (progress == ResponseReader::Progress::more) continue;
    return progress == ResponseReader::Progress::done && reader.status() == 200 &&
           reader.keeps_alive();
  }
}

unsigned IdleConnections::ended() const {
  unsigned count = 0;
  for (const Socket& socket : sockets_) {
    char byte;
    if (recv(socket.fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) ++count;
  }
  return count;
}

}  // namespace generator
