#pragma once
// Load: N connections that send one kind of request, closed loop (the next one when the answer is
// here) or open loop (Poisson arrivals at a rate; latency counts from the intended send time, so a
// stalled target cannot hide its stall).
//
// One thread, one edge-triggered epoll. Connections open on first use and stay from run to run, so
// that short interleaved runs measure a steady state. Nothing is pipelined.

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "generator/report.hpp"
#include "generator/response_reader.hpp"
#include "generator/socket.hpp"

namespace generator {

struct Target {
  std::uint16_t port = 0;
  std::string path = "/s";
  /// Bytes every body must have; unknown: only the framing is checked.
  std::optional<std::uint64_t> body_bytes;
};

struct Plan {
  double rate = 0;             ///< requests/s; 0 = closed loop
  std::uint64_t run_ns = 0;    ///< stop sending after this time; 0 = no limit
  std::uint64_t requests = 0;  ///< stop sending after this many; 0 = no limit
};

class Load {
 public:
  /// `connection_each`: every request opens a connection and says `Connection: close`.
  Load(Target target, unsigned connections, bool connection_each);
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;
  ~Load();

  /// Sends by the plan, waits for the answers, tells what happened.
  Report run(const Plan& plan);

 private:
  enum class State : std::uint8_t { idle, connecting, waiting };

  struct Client {
    Socket socket;
    ResponseReader reader;
    State state = State::idle;
    unsigned index = 0;
    std::uint64_t intended_ns = 0;
  };
  struct Resting {
    Client* client;
    std::uint64_t until_ns;
  };

  bool may_send(std::uint64_t now) const;
  void send_what_is_due(std::uint64_t now);
  void begin(Client& client, std::uint64_t intended_ns);
  void send_request(Client& client);
  void poll(std::uint64_t now);
  void serve(Client& client, std::uint32_t events);
  void read(Client& client, bool ended);
  void complete(Client& client);
  void fail(Client& client, std::uint64_t Errors::* kind);
  void release(Client& client, std::uint64_t now);
  std::uint64_t next_event(std::uint64_t now) const;
  void give_up();

  const Target target_;
  const bool connection_each_;
  const std::string request_;
  const int epoll_;
  std::unique_ptr<char[]> buffer_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::mt19937_64 random_{42};  // fixed: two runs send the same arrivals

  // One run.
  Plan plan_;
  Report report_;
  std::deque<Client*> idle_;
  std::deque<Resting> resting_;        // after a broken connection, oldest first
  std::deque<std::uint64_t> backlog_;  // arrivals that found no free connection
  std::uint64_t sent_ = 0;
  std::uint64_t in_flight_ = 0;
  std::uint64_t stop_ns_ = 0;  // no arrival after this
  std::uint64_t next_arrival_ns_ = 0;
  std::uint64_t last_progress_ns_ = 0;
};

}  // namespace generator
