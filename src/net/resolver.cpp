#include "net/resolver.hpp"

#include <ares.h>
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <optional>

#include "base/assert.hpp"
#include "runtime/spawn.hpp"

namespace weir::net {
namespace {

constexpr std::size_t kNameMax = 253;       // RFC 1035, 2.3.4
constexpr std::size_t kAddressesMax = 256;  // of one name: more is abuse
constexpr int kReadsPerEvent = 64;

base::Fail failed(base::Errc code, std::string detail) {
  return base::fail(code, std::move(detail), base::Origin::upstream, base::Retry::safe);
}

base::Errc code_of(int status) noexcept {
  switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_ENONAME:
      return base::Errc::not_found;
    case ARES_EBADNAME:
      return base::Errc::invalid_argument;
    case ARES_ETIMEOUT:
      return base::Errc::deadline;
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION:
      return base::Errc::cancelled;
    default:
      return base::Errc::unreachable;
  }
}

// Letters, digits, '-', '_' and '.'; c-ares would also take escapes and control bytes.
bool is_host_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > kNameMax || name.front() == '.') return false;
  return std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

base::Result<ResolvedSet> to_set(int status, const ares_addrinfo* found, std::uint16_t port) {
  if (status != ARES_SUCCESS) return failed(code_of(status), ares_strerror(status));
  ResolvedSet set;
  int ttl = INT32_MAX;
  for (const ares_addrinfo_node* node = found->nodes; node != nullptr; node = node->ai_next) {
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
    Address address = Address::from(node->ai_addr, static_cast<socklen_t>(node->ai_addrlen));
    address.set_port(port);
    ttl = std::min(ttl, node->ai_ttl);
    if (std::ranges::find(set.addresses, address) != set.addresses.end()) continue;
    if (set.addresses.size() < kAddressesMax) set.addresses.push_back(address);
  }
  if (set.addresses.empty()) return failed(base::Errc::not_found, "the name has no address");
  set.ttl = std::max<base::Duration>(std::chrono::seconds(ttl), Resolver::kTtlMin);
  return set;
}

// Ends one wait when its caller gives up.
struct GiveUp : runtime::CancelHook {
  GiveUp(runtime::CancelSource& source, runtime::Readiness& waited) noexcept
      : CancelHook(
            source,
            [](runtime::CancelHook& hook) { static_cast<GiveUp&>(hook).readiness.cancel(); }),
        readiness(waited) {}
  runtime::Readiness& readiness;
};

bool still_readable(int fd) noexcept {
  pollfd poll_fd{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLIN) != 0;
}

}  // namespace

// One of c-ares' sockets. c-ares opens and closes the descriptor.
struct Resolver::Socket {
  Socket(runtime::Lane& lane, int number) : readiness(lane), fd(number) {}
  runtime::Readiness readiness;
  int fd;
  std::uint32_t slot = 0;
  bool closed = false;
  bool wants_write = false;  // c-ares has more to write, or connects
  bool writes = false;       // a write_loop runs
};

// Owners: the waiting task and c-ares.
struct Resolver::Query {
  Query(Resolver& owner_, std::uint16_t port_)
      : owner(owner_), readiness(owner_.lane_), port(port_) {}
  Resolver& owner;
  runtime::Readiness readiness;
  std::uint16_t port;
  std::optional<base::Result<ResolvedSet>> result;
};

Resolver::Resolver(runtime::Lane& lane, Options options)
    : lane_(lane), options_(std::move(options)), timer_(lane) {}

Resolver::~Resolver() {
  if (channel_ != nullptr) ares_destroy(channel_);
}

base::Result<std::unique_ptr<Resolver>> Resolver::open(runtime::Lane& lane, Options options) {
  std::unique_ptr<Resolver> resolver(new Resolver(lane, std::move(options)));
  WEIR_CHECK(resolver->init());
  return resolver;
}

base::Result<void> Resolver::init() {
  ares_library_init(ARES_LIB_INIT_ALL);
  char lookups[] = "fb";  // files first, then DNS
  ares_options settings{};
  settings.timeout = static_cast<int>(
      std::chrono::duration_cast<std::chrono::milliseconds>(options_.try_time).count());
  settings.tries = options_.tries;
  settings.lookups = lookups;
  settings.sock_state_cb = &Resolver::socket_changed;
  settings.sock_state_cb_data = this;
  const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB;
  if (const int status = ares_init_options(&channel_, &settings, mask); status != ARES_SUCCESS) {
    channel_ = nullptr;
    return base::fail(base::Errc::system, fmt::format("resolver: {}", ares_strerror(status)));
  }
  if (options_.servers.empty()) return {};
  const int status = ares_set_servers_ports_csv(channel_, options_.servers.c_str());
  if (status == ARES_SUCCESS) return {};
  return base::fail(base::Errc::invalid_argument,
                    fmt::format("DNS servers '{}': {}", options_.servers, ares_strerror(status)));
}

runtime::Task<base::Result<ResolvedSet>> Resolver::resolve(std::string name, std::uint16_t port,
                                                           base::Deadline deadline,
                                                           runtime::CancelSource* cancel) {
  if (const auto numeric = Address::ip(name, port)) {
    co_return ResolvedSet{{*numeric}, kTtlNumeric};
  }
  if (!is_host_name(name)) {
    co_return failed(base::Errc::invalid_argument, fmt::format("'{}' is no host name", name));
  }
  if (stopped_ || (cancel != nullptr && cancel->requested())) {
    co_return failed(base::Errc::cancelled, {});
  }
  if (queries_ >= options_.queries_max) {
    co_return failed(base::Errc::overloaded, "too many names are being resolved");
  }
  const auto query = std::make_shared<Query>(*this, port);
  ares_addrinfo_hints hints{};
  hints.ai_flags = ARES_AI_NOSORT;  // sorting would open a socket for each address
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ++queries_;
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, &Resolver::answered,
                   new std::shared_ptr<Query>(query));
  if (!query->result) {
    timer_.signal_readable();
    if (!timer_runs_) runtime::spawn(gate_, "resolver timer", timer_loop());
  }
  std::optional<GiveUp> give_up;
  if (cancel != nullptr) give_up.emplace(*cancel, query->readiness);
  while (!query->result) {
    const runtime::Wake wake = co_await query->readiness.wait_readable(deadline);
    if (query->result || wake == runtime::Wake::ready) continue;
    if (wake == runtime::Wake::cancelled) co_return failed(base::Errc::cancelled, {});
    co_return failed(base::Errc::deadline, fmt::format("'{}' was not resolved in time", name));
  }
  if (!*query->result) {
    base::Error error = query->result->error();
    co_return base::Fail(std::move(error.with_context(fmt::format("resolve '{}'", name))));
  }
  co_return std::move(*query->result);
}

// From inside c-ares: nothing may be resumed here.
void Resolver::answered(void* argument, int status, int /*timeouts*/, ares_addrinfo* found) {
  const std::unique_ptr<std::shared_ptr<Query>> owned(
      static_cast<std::shared_ptr<Query>*>(argument));
  Query& query = **owned;
  --query.owner.queries_;
  query.result.emplace(to_set(status, found, query.port));
  if (found != nullptr) ares_freeaddrinfo(found);
  query.readiness.signal_readable();
}

void Resolver::socket_changed(void* argument, int fd, int readable, int writable) {
  auto& self = *static_cast<Resolver*>(argument);
  if (readable != 0 || writable != 0) {
    self.watch(fd, writable != 0);
    return;
  }
  const auto found =
      std::ranges::find(self.sockets_, fd, [](const auto& socket) { return socket->fd; });
  if (found == self.sockets_.end()) return;
  Socket& socket = **found;
  socket.closed = true;
  if (socket.slot != 0) self.lane_.remove_open(socket.slot, fd);
  socket.readiness.cancel();
  self.sockets_.erase(found);
}

void Resolver::watch(int fd, bool write) {
  auto found = std::ranges::find(sockets_, fd, [](const auto& socket) { return socket->fd; });
  if (found == sockets_.end()) {
    auto socket = std::make_shared<Socket>(lane_, fd);
    const auto slot = lane_.add(fd, socket->readiness);
    if (!slot) return;  // no answer will be seen: c-ares' timeout ends the query
    socket->slot = *slot;
    sockets_.push_back(socket);
    found = sockets_.end() - 1;
    runtime::spawn(gate_, "resolver read", read_loop(socket));
  }
  const std::shared_ptr<Socket> socket = *found;
  socket->wants_write = write;
  if (!write || socket->writes) return;
  socket->writes = true;
  runtime::spawn(gate_, "resolver write", write_loop(socket));
}

// c-ares reads one message a call from a TCP socket, and an edge tells only once: so it is called
// until the kernel has no more.
runtime::Task<void> Resolver::read_loop(std::shared_ptr<Socket> socket) {
  for (;;) {
    co_await socket->readiness.wait_readable({});
    if (socket->closed) co_return;
    socket->readiness.readable = false;
    int reads = 0;
    do {
      ares_process_fd(channel_, socket->fd, ARES_SOCKET_BAD);
    } while (!socket->closed && ++reads < kReadsPerEvent && still_readable(socket->fd));
    if (socket->closed) co_return;
    if (reads == kReadsPerEvent) {
      socket->readiness.readable = true;
      co_await lane_.yield();
    }
  }
}

runtime::Task<void> Resolver::write_loop(std::shared_ptr<Socket> socket) {
  co_await lane_.yield();  // never into c-ares from its own callback
  while (!socket->closed && socket->wants_write) {
    co_await socket->readiness.wait_writable({});
    if (socket->closed) break;
    socket->readiness.writable = false;
    ares_process_fd(channel_, ARES_SOCKET_BAD, socket->fd);
  }
  socket->writes = false;
}

runtime::Task<void> Resolver::timer_loop() {
  timer_runs_ = true;
  while (queries_ > 0 && !stopped_) {
    timer_.readable = false;
    timeval left{};
    base::Deadline due;
    if (ares_timeout(channel_, nullptr, &left) != nullptr) {
      due =
          lane_.after(std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec));
    }
    const runtime::Wake wake = co_await timer_.wait_readable(due);
    if (wake == runtime::Wake::deadline && !stopped_) {
      ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    }
  }
  timer_runs_ = false;
}

runtime::Task<void> Resolver::stop() {
  if (!stopped_) {
    stopped_ = true;
    ares_cancel(channel_);
    ares_destroy(channel_);  // its sockets are closed, which ends their loops
    channel_ = nullptr;
    timer_.signal_readable();
  }
  auto closing = gate_.close();
  co_await closing;
}

}  // namespace weir::net
