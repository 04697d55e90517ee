#include "generator/load.hpp"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace generator {
namespace {

constexpr std::size_t kReadBytes = 256 * 1024;
constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
// A refused connection is tried again only after a pause, or a dead target would be hammered.
constexpr std::uint64_t kRestNs = 10'000'000;
// How long the answers may stay away before a run gives them up.
constexpr std::uint64_t kPatienceNs = 30'000'000'000;

std::string make_request(const Target& target, bool connection_each) {
  std::string text = "GET " + target.path +
                     " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(target.port) +
                     "\r\nUser-Agent: generator\r\nAccept: */*\r\n";
  if (connection_each) text += "Connection: close\r\n";
  return text + "\r\n";
}

}  // namespace

Load::Load(Target target, unsigned connections, bool connection_each)
    : target_(std::move(target)),
      connection_each_(connection_each),
      request_(make_request(target_, connection_each)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      buffer_(std::make_unique<char[]>(kReadBytes)) {
  // The kernel otherwise lets a wait end up to 50 us late, which open runs would see as latency.
  prctl(PR_SET_TIMERSLACK, 1UL);
  for (unsigned i = 0; i < connections; ++i) {
    clients_.push_back(std::make_unique<Client>());
    clients_.back()->index = i;
    idle_.push_back(clients_.back().get());
  }
}

Load::~Load() { close(epoll_); }

Report Load::run(const Plan& plan) {
  poll(now_ns());  // notices connections the peer has closed between two runs
  plan_ = plan;
  report_ = {};
  sent_ = 0;
  backlog_.clear();
  if (plan.requests > 0) report_.latency_ns.reserve(plan.requests);
  const std::uint64_t cpu_before = cpu_ns();
  const std::uint64_t start = now_ns();
  stop_ns_ = plan.run_ns > 0 ? start + plan.run_ns : kNever;
  next_arrival_ns_ = start;
  last_progress_ns_ = start;

  std::uint64_t now = start;
  while (may_send(now) || in_flight_ > 0 || !backlog_.empty()) {
    send_what_is_due(now);
    poll(now);
    now = now_ns();
    if (now - last_progress_ns_ > kPatienceNs) {
      give_up();
      break;
    }
  }
  while (!resting_.empty()) {
    idle_.push_back(resting_.front().client);
    resting_.pop_front();
  }
  report_.wall_ns = now_ns() - start;
  report_.cpu_ns = cpu_ns() - cpu_before;
  report_.finish();
  return std::move(report_);
}

bool Load::may_send(std::uint64_t now) const {
  if (plan_.requests > 0 && sent_ >= plan_.requests) return false;
  return plan_.rate > 0 ? next_arrival_ns_ < stop_ns_ : now < stop_ns_;
}

void Load::send_what_is_due(std::uint64_t now) {
  while (!resting_.empty() && resting_.front().until_ns <= now) {
    idle_.push_back(resting_.front().client);
    resting_.pop_front();
  }
  const auto take_idle = [this]() -> Client& {
    Client& client = *idle_.front();
    idle_.pop_front();
    return client;
  };
  if (plan_.rate <= 0) {
    // Bounded by the idle clients of this moment: one that fails at once rests first.
    for (std::size_t i = idle_.size(); i > 0 && may_send(now); --i) {
      begin(take_idle(), now);
    }
    return;
  }
  std::exponential_distribution<double> gap(plan_.rate / 1e9);
  while (next_arrival_ns_ <= now && may_send(now)) {
    backlog_.push_back(next_arrival_ns_);
    ++sent_;
    next_arrival_ns_ += static_cast<std::uint64_t>(gap(random_));
    if (idle_.size() >= backlog_.size()) report_.lag_ns.push_back(now - backlog_.back());
  }
  while (!backlog_.empty() && !idle_.empty()) {
    const std::uint64_t intended = backlog_.front();
    backlog_.pop_front();
    begin(take_idle(), intended);
  }
}

/// `intended_ns` is where latency starts to count.
void Load::begin(Client& client, std::uint64_t intended_ns) {
  if (plan_.rate <= 0) ++sent_;
  ++in_flight_;
  client.intended_ns = intended_ns;
  client.reader.start();
  if (client.socket.is_open()) {
    send_request(client);
    return;
  }
  client.socket = connect_to(target_.port, client.index, false);
  if (!client.socket.is_open()) {
    fail(client, &Errors::connect);
    return;
  }
  client.state = State::connecting;
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &client}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, client.socket.fd(), &event);
}

void Load::send_request(Client& client) {
  client.state = State::waiting;
  const ssize_t sent = send(client.socket.fd(), request_.data(), request_.size(), MSG_NOSIGNAL);
  // A request is far smaller than a socket's buffer: less than all of it means a broken peer.
  if (sent != static_cast<ssize_t>(request_.size())) fail(client, &Errors::closed);
}

/// Waits for the next event, arrival or end of a rest, and serves what has come.
void Load::poll(std::uint64_t now) {
  std::array<epoll_event, 256> events;
  const std::uint64_t until = next_event(now);
  const std::uint64_t wait = until > now ? until - now : 0;
  const timespec timeout{.tv_sec = static_cast<time_t>(wait / 1'000'000'000),
                         .tv_nsec = static_cast<long>(wait % 1'000'000'000)};
  const int count = epoll_pwait2(epoll_, events.data(), events.size(), &timeout, nullptr);
  for (int i = 0; i < count; ++i) {
    serve(*static_cast<Client*>(events[i].data.ptr), events[i].events);
  }
}

std::uint64_t Load::next_event(std::uint64_t now) const {
  if (in_flight_ == 0 && resting_.empty() && !may_send(now)) return now;
  std::uint64_t next = now + 100'000'000;
  if (plan_.rate > 0 && may_send(now)) next = std::min(next, next_arrival_ns_);
  if (plan_.rate <= 0 && !idle_.empty() && may_send(now)) next = now;
  if (!resting_.empty()) next = std::min(next, resting_.front().until_ns);
  return next;
}

void Load::serve(Client& client, std::uint32_t events) {
  if (client.state == State::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(client.socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0 || (events & EPOLLERR)) {
      fail(client, &Errors::connect);
    } else if (events & EPOLLOUT) {
      send_request(client);
    }
    return;
  }
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) && client.socket.is_open()) {
    read(client, (events & EPOLLRDHUP) != 0);
  }
}

/// `ended`: the peer has sent its last byte, so the end must be read too; no edge will tell it.
void Load::read(Client& client, bool ended) {
  for (;;) {
    const ssize_t count = recv(client.socket.fd(), buffer_.get(), kReadBytes, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      if (client.state == State::waiting) {
        fail(client, &Errors::closed);
      } else {
        client.socket.close();  // an idle connection the peer was free to end
      }
      return;
    }
    if (client.state != State::waiting) return fail(client, &Errors::body);
    const auto size = static_cast<std::size_t>(count);
    const auto progress = client.reader.feed({buffer_.get(), size});
    if (progress == ResponseReader::Progress::bad) return fail(client, &Errors::body);
    if (progress == ResponseReader::Progress::done) return complete(client);
    // A read that did not fill the buffer has emptied the socket; edge-triggered, the next bytes
    // will be announced.
    if (size < kReadBytes && !ended) return;
  }
}

void Load::complete(Client& client) {
  const ResponseReader& reader = client.reader;
  if (reader.status() != 200) {
    ++report_.errors.status;
  } else if (target_.body_bytes && reader.body_bytes() != *target_.body_bytes) {
    ++report_.errors.body;
  } else {
    ++report_.done;
    report_.latency_ns.push_back(now_ns() - client.intended_ns);
  }
  const std::uint64_t now = now_ns();
  last_progress_ns_ = now;
  --in_flight_;
  if (connection_each_ || !reader.keeps_alive()) client.socket.close();
  release(client, now);
}

/// The client's next request at once, or back among the idle ones.
void Load::release(Client& client, std::uint64_t now) {
  client.state = State::idle;
  if (plan_.rate > 0 && !backlog_.empty()) {
    const std::uint64_t intended = backlog_.front();
    backlog_.pop_front();
    begin(client, intended);
  } else if (plan_.rate <= 0 && may_send(now)) {
    begin(client, now);
  } else {
    idle_.push_back(&client);
  }
}

/// The request failed with its connection; the client rests before it tries again.
void Load::fail(Client& client, std::uint64_t Errors::* kind) {
  if (client.state == State::idle && client.socket.is_open()) {
    // Bytes nobody asked for, on an idle connection: an error, but no request of ours ends.
    ++(report_.errors.*kind);
    client.socket.close();
    return;
  }
  ++(report_.errors.*kind);
  --in_flight_;
  client.socket.close();
  client.state = State::idle;
  resting_.push_back({&client, now_ns() + kRestNs});
}

void Load::give_up() {
  for (const auto& client : clients_) {
    if (client->state == State::idle) continue;
    ++report_.errors.unanswered;
    client->socket.close();
    client->state = State::idle;
    idle_.push_back(client.get());
  }
  in_flight_ = 0;
}

}  // namespace generator
