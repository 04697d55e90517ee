// raw_backend PORT: the cheapest honest HTTP/1.1 server, so that a measurement behind it measures
// the proxy in front.
//
// One thread, one level-triggered epoll; ready-made responses, so an answer costs one recv and one
// send. GET /s 128 B · /m 16 KiB · /l 1 MiB · /c 128 B chunked · anything else 128 B. Keep-alive,
// pipelining, HEAD and `Connection: close` are honoured; a body with Content-Length is read and
// dropped; a chunked one is refused with 411. PORT 0 takes a free port. Prints `port N`.
//
// SIGUSR1 makes it reset every connection that says something, SIGUSR2 ends that.
//
// It trusts its peer otherwise: it is no part of the product and listens on loopback only.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>

namespace {

volatile std::sig_atomic_t is_resetting = 0;

constexpr std::size_t kHeadBytesMax = 64 * 1024;
// One recv takes a whole pipelined batch or a slice of an upload; larger gains nothing on loopback.
constexpr std::size_t kReadBytes = 128 * 1024;

/// A response in its two forms; `head_bytes` is where the body starts.
struct Response {
  std::string keep_alive;
  std::string close;
  std::size_t head_bytes_keep_alive;
  std::size_t head_bytes_close;
};

Response make_response(std::string_view status, std::string_view framing, std::string_view body) {
  std::string head = "HTTP/1.1 ";
  head += status;
  head += "\r\nServer: raw\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: text/plain\r\n";
  head += framing;
  Response response;
  response.keep_alive = head + "\r\n";
  response.close = head + "Connection: close\r\n\r\n";
  response.head_bytes_keep_alive = response.keep_alive.size();
  response.head_bytes_close = response.close.size();
  response.keep_alive += body;
  response.close += body;
  return response;
}

Response make_plain(std::size_t bytes) {
  return make_response("200 OK", "Content-Length: " + std::to_string(bytes) + "\r\n",
                       std::string(bytes, 'x'));
}

struct Responses {
  Response small = make_plain(128);
  Response medium = make_plain(16 * 1024);
  Response large = make_plain(1024 * 1024);
  Response chunked = make_response(
      "200 OK", "Transfer-Encoding: chunked\r\n",
      "40\r\n" + std::string(64, 'a') + "\r\n40\r\n" + std::string(64, 'b') + "\r\n0\r\n\r\n");
  Response length_required = make_response("411 Length Required", "Content-Length: 0\r\n", "");

  const Response& find(std::string_view path) const {
    if (path == "/m") return medium;
    if (path == "/l") return large;
    if (path == "/c") return chunked;
    return small;
  }
};

/// What a request head says that this server cares about.
struct Request {
  std::string_view method;
  std::string_view path;
  std::uint64_t body_bytes = 0;
  bool close = false;
  bool chunked = false;
};

bool has_prefix(std::string_view line, std::string_view name) {
  return line.size() >= name.size() && strncasecmp(line.data(), name.data(), name.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// `head` ends with its last CRLF, before the empty line.
Request parse_head(std::string_view head) {
  Request request;
  std::size_t end = head.find("\r\n");
  std::string_view line = head.substr(0, end);
  const std::size_t first = line.find(' ');
  const std::size_t second = line.rfind(' ');
  request.method = line.substr(0, first);
  if (first != std::string_view::npos && second > first) {
    request.path = line.substr(first + 1, second - first - 1);
  }
  request.close = line.ends_with("HTTP/1.0");
  while (end + 2 < head.size()) {
    head.remove_prefix(end + 2);
    end = head.find("\r\n");
    line = head.substr(0, end);
    if (has_prefix(line, "content-length:")) {
      const std::string_view value = trimmed(line.substr(15));
      std::from_chars(value.data(), value.data() + value.size(), request.body_bytes);
    } else if (has_prefix(line, "transfer-encoding:")) {
      request.chunked = true;
    } else if (has_prefix(line, "connection:")) {
      const std::string_view value = trimmed(line.substr(11));
      if (has_prefix(value, "close")) request.close = true;
      if (has_prefix(value, "keep-alive")) request.close = false;
    }
  }
  return request;
}

/// One client. `output` points into Responses; only unread heads are ever copied.
struct Connection {
  int fd;
  std::string_view output;
  std::string unread;
  std::uint64_t body_bytes_left = 0;
  const Response* answer_after_body = nullptr;
  bool head_only = false;
  bool close_after = false;
  bool waits_writable = false;
};

class Server {
 public:
  explicit Server(std::uint16_t port) : epoll_(epoll_create1(EPOLL_CLOEXEC)) { listen_on(port); }

  [[noreturn]] void run() {
    std::array<epoll_event, 512> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        auto* connection = static_cast<Connection*>(events[i].data.ptr);
        if (connection == nullptr) {
          accept_all();
        } else if (!serve(*connection, events[i].events)) {
          close(connection->fd);
          delete connection;  // owned by its epoll registration, which close() just ended
        }
      }
    }
  }

 private:
  void listen_on(std::uint16_t port);
  void accept_all();
  bool serve(Connection& connection, std::uint32_t events);
  bool read(Connection& connection);
  bool take(Connection& connection, std::string_view bytes);
  std::string_view take_body(Connection& connection, std::string_view bytes);
  void answer(Connection& connection, const Response& response);
  bool flush(Connection& connection);

  Responses responses_;
  int epoll_;
  int listener_ = -1;
  std::unique_ptr<char[]> buffer_ = std::make_unique<char[]>(kReadBytes);
};

void Server::listen_on(std::uint16_t port) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 4096) != 0) {
    std::fprintf(stderr, "raw_backend: port %u: %s\n", port, std::strerror(errno));
    std::exit(1);
  }
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("port %u\n", ntohs(address.sin_port));
  std::fflush(stdout);
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
}

void Server::accept_all() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto* connection = new Connection{.fd = fd};
    epoll_event event{.events = EPOLLIN, .data = {.ptr = connection}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
}

/// False when the connection is over.
bool Server::serve(Connection& connection, std::uint32_t events) {
  if (is_resetting != 0) {
    const linger now{1, 0};
    setsockopt(connection.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    return false;
  }
  if (events & EPOLLERR) return false;
  if (!connection.output.empty()) {
    if (!flush(connection)) return false;
    if (!connection.output.empty()) return true;
    // What was pipelined behind the answer that has just left.
    if (!take(connection, {})) return false;
  }
  return (events & (EPOLLIN | EPOLLHUP)) == 0 || read(connection);
}

bool Server::read(Connection& connection) {
  const ssize_t count = recv(connection.fd, buffer_.get(), kReadBytes, 0);
  if (count == 0) return false;
  if (count < 0) return errno == EAGAIN;
  return take(connection, {buffer_.get(), static_cast<std::size_t>(count)});
}

/// Answers as many requests as the bytes hold, until an answer does not leave at once.
bool Server::take(Connection& connection, std::string_view bytes) {
  std::string joined;
  if (!connection.unread.empty()) {
    joined = std::move(connection.unread);
    joined += bytes;
    connection.unread.clear();
    bytes = joined;
  }
  while (!bytes.empty() && connection.output.empty()) {
    if (connection.body_bytes_left > 0) {
      bytes = take_body(connection, bytes);
    } else {
      const std::size_t end = bytes.find("\r\n\r\n");
      if (end == std::string_view::npos) break;
      const Request request = parse_head(bytes.substr(0, end + 2));
      bytes.remove_prefix(end + 4);
      connection.head_only = request.method == "HEAD";
      connection.close_after = request.close || request.chunked;
      connection.body_bytes_left = request.chunked ? 0 : request.body_bytes;
      const Response& response =
          request.chunked ? responses_.length_required : responses_.find(request.path);
      if (connection.body_bytes_left > 0) {
        connection.answer_after_body = &response;
      } else {
        answer(connection, response);
      }
    }
    if (!connection.output.empty() && !flush(connection)) return false;
  }
  if (bytes.size() > kHeadBytesMax + kReadBytes) return false;
  connection.unread.assign(bytes);
  return true;
}

std::string_view Server::take_body(Connection& connection, std::string_view bytes) {
  const std::size_t count =
      bytes.size() < connection.body_bytes_left ? bytes.size() : connection.body_bytes_left;
  connection.body_bytes_left -= count;
  if (connection.body_bytes_left == 0) answer(connection, *connection.answer_after_body);
  return bytes.substr(count);
}

void Server::answer(Connection& connection, const Response& response) {
  const bool close = connection.close_after;
  connection.output = close ? response.close : response.keep_alive;
  if (connection.head_only) {
    const std::size_t head = close ? response.head_bytes_close : response.head_bytes_keep_alive;
    connection.output = connection.output.substr(0, head);
  }
}

/// Sends what the socket takes. False when the connection is over, also after a wished close.
bool Server::flush(Connection& connection) {
  while (!connection.output.empty()) {
    const ssize_t sent =
        send(connection.fd, connection.output.data(), connection.output.size(), MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno != EAGAIN) return false;
      break;
    }
    connection.output.remove_prefix(static_cast<std::size_t>(sent));
  }
  const bool blocked = !connection.output.empty();
  if (blocked != connection.waits_writable) {
    connection.waits_writable = blocked;
    // While an answer is stuck nothing is read: the peer's own back-pressure.
    epoll_event event{.events = blocked ? EPOLLOUT : EPOLLIN, .data = {.ptr = &connection}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event);
  }
  return blocked || !connection.close_after;
}

}  // namespace

int main(int count, char** arguments) {
  std::signal(SIGUSR1, [](int) { is_resetting = 1; });
  std::signal(SIGUSR2, [](int) { is_resetting = 0; });
  std::uint16_t port = 0;
  const std::string_view text = count == 2 ? arguments[1] : "";
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    std::fprintf(stderr, "usage: raw_backend PORT   (0: a free one, printed as `port N`)\n");
    return 2;
  }
  std::signal(SIGPIPE, SIG_IGN);
  Server(port).run();
}
