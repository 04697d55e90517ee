#pragma once
// Idle connections: opens many, sends one request on each in waves of 512, reads the answers and
// then only holds the connections, so that somebody else can read what they cost the peer in
// memory. Waves, because clients are never idle one after the other: a peer that keeps what a burst
// made it allocate shall show it. 512 is the number of idle upstream connections the peers may
// keep.

#include <cstdint>
#include <vector>

#include "generator/load.hpp"

namespace generator {

class IdleConnections {
 public:
  explicit IdleConnections(Target target) : target_(std::move(target)) {}

  /// Returns how many stand after one good answer each; fewer than `count` when one failed.
  unsigned open(unsigned count);
  /// How many the peer has ended meanwhile.
  unsigned ended() const;

 private:
  void send_request(const Socket& socket) const;
  static bool read_answer(const Socket& socket);

  Target target_;
  std::vector<Socket> sockets_;
};

}  // namespace generator
