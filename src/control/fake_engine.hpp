#pragma once
// FakeEngine: a Docker engine on a unix socket, for tests, on the tested code's own lane and clock.
// It keeps containers, answers the calls weir makes and streams events; and it misbehaves on
// request: wrong bytes, silence, a stream cut in the middle of a line.

#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "net/listener.hpp"
#include "runtime/gate.hpp"
#include "runtime/spawn.hpp"

namespace weir::control {

struct FakeContainer {
  std::string name;
  std::string state = "running";
  std::string health;  // empty: no health check
  std::string started_at = "2026-11-21T07:10:47Z";
  base::json::object labels = {{"weir.service", "web"}};
  std::map<std::string, std::string> networks = {{"back", "127.0.0.1"}};
  std::string port = "8080/tcp";
  int pid = 0;
};

class FakeEngine {
 public:
  explicit FakeEngine(runtime::Lane& lane) : lane_(lane) {
    char path[] = "/tmp/weir-engine-XXXXXX";
    directory_ = ::mkdtemp(path);
    address_ = net::Address::unix_path(directory_ + "/s").value();
    listen();
  }
  ~FakeEngine() {
    ::unlink((directory_ + "/s").c_str());
    ::rmdir(directory_.c_str());
  }

  const net::Address& address() const { return address_; }

  std::map<std::string, FakeContainer> containers;  // by id
  /// The whole answer to a request line, if it returns one; an empty one is silence.
  std::function<std::optional<std::string>(const std::string& request)> instead;
  std::vector<std::string> requests;  // "GET /v1.41/containers/json?…"
  std::vector<std::string> bodies;
  std::string version = "1.41";
  bool tells = false;  // start, stop and remove are events too

  static std::string id(int number) { return fmt::format("{:012x}{:052x}", number, 0); }

  /// Sends one event's line, as one chunk.
  void event(const std::string& id, const std::string& action) {
    base::json::object attributes =
        containers.contains(id) ? containers[id].labels : base::json::object();
    attributes["name"] = "x";
    send_event({{"Type", "container"},
                {"Action", action},
                {"Actor", {{"ID", id}, {"Attributes", attributes}}}});
  }
  void signal_event(const std::string& id, int signal) {
    send_event({{"Type", "container"},
                {"Action", "kill"},
                {"Actor", {{"ID", id}, {"Attributes", {{"signal", std::to_string(signal)}}}}}});
  }
  void network_event(const std::string& id, const std::string& network, const std::string& action) {
    send_event({{"Type", "network"},
                {"Action", action},
                {"Actor", {{"ID", "n"}, {"Attributes", {{"container", id}, {"name", network}}}}}});
  }
  void send_event(const base::json::object& event) {
    send_chunk(base::json::serialize(event) + "\n");
  }
  void send_chunk(const std::string& bytes) {
    for (auto& stream : streams_) {
      const std::string chunk = fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes);
      net::Gather parts{chunk, {}, {}};
      net::send_now(*stream, parts);
    }
  }
  std::size_t streams() const { return streams_.size(); }
  void drop_streams() { streams_.clear(); }

  /// Nobody listens any more, and nobody is answered.
  runtime::Task<bool> stop() {
    if (!listener_) co_return false;
    listener_->cancel();
    for (net::Stream* each : open_) each->readiness().cancel();
    auto closing = gate_->close();
    co_await closing;
    listener_.reset();
    streams_.clear();
    ::unlink((directory_ + "/s").c_str());
    co_return true;
  }
  void listen() {
    gate_ = std::make_unique<runtime::Gate>();
    listener_ = net::Listener::open(lane_, address_, false).value();
    runtime::spawn(*gate_, "accept", accept_loop());
  }

 private:
  runtime::Task<void> accept_loop() {
    for (;;) {
      auto accepting = listener_->accept();
      auto accepted = co_await accepting;
      if (!accepted) co_return;
      runtime::spawn(*gate_, "serve", serve(std::move(accepted->stream)));
    }
  }

  runtime::Task<void> serve(std::unique_ptr<net::SocketStream> owned) {
    net::Stream* const stream = owned.get();
    open_.push_back(stream);
    std::string bytes;
    auto reading = read_request(*stream, bytes);
    const bool is_whole = co_await reading;
    std::erase(open_, stream);
    if (!is_whole) co_return;
    const std::string line = bytes.substr(0, bytes.find(" HTTP/1.1\r\n"));
    requests.push_back(line);
    bodies.push_back(bytes.substr(bytes.find("\r\n\r\n") + 4));
    if (line.find("/containers/create") != std::string::npos) create(line, bodies.back());
    std::optional<std::string> answer;
    if (instead) answer = instead(line);
    const bool is_stream = !answer && line.find("/events") != std::string::npos;
    if (!answer)
      answer = is_stream ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" : reply(line);
    if (!answer->empty()) {
      auto sending = net::send_all(*stream, {.head = *answer}, {}, base::Origin::internal);
      co_await sending;
    } else {  // silent until the client gives up
      open_.push_back(stream);
      stream->readiness().readable = false;
      co_await stream->readiness().wait_readable({});
      std::erase(open_, stream);
    }
    if (is_stream) streams_.push_back(std::move(owned));
  }

  static runtime::Task<bool> read_request(net::Stream& stream, std::string& bytes) {
    for (;;) {
      const std::size_t end = bytes.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t at = bytes.find("Content-Length: ");
        const std::size_t length = at < end ? std::stoul(bytes.substr(at + 16)) : 0;
        if (bytes.size() >= end + 4 + length) co_return true;
      }
      const auto wake = co_await stream.readiness().wait_readable({});
      if (wake != runtime::Wake::ready) co_return false;
      char room[4096];
      const net::IoCount got = stream.fill(room);
      if (got.status == net::IoStatus::ended || got.status == net::IoStatus::broken)
        co_return false;
      if (got.status == net::IoStatus::ok) bytes.append(room, got.bytes);
    }
  }

 public:
  static std::string answer(int status, const std::string& body, const std::string& fields = "") {
    return fmt::format("HTTP/1.1 {} X\r\n{}Content-Length: {}\r\n\r\n{}", status, fields,
                       body.size(), body);
  }

  std::string reply(const std::string& line) {
    if (line.find("/_ping") != std::string::npos) {
      return answer(200, "OK", "Api-Version: " + version + "\r\n");
    }
    if (line.find("/version") != std::string::npos) {
      return answer(200, R"({"MinAPIVersion":"1.44"})");
    }
    if (line.find("/containers/json") != std::string::npos) return answer(200, list());
    if (line.find("/containers/create") != std::string::npos) {
      return answer(201, R"({"Id":")" + id(last_created_) + R"("})");
    }
    const std::string wanted = id_in(line);
    if (!containers.contains(wanted)) return answer(404, R"({"message":"No such container"})");
    if (line.starts_with("DELETE")) {
      if (tells) event(wanted, "destroy");
      containers.erase(wanted);
      return answer(204, "");
    }
    if (line.ends_with("/json")) return answer(200, inspect(wanted, containers[wanted]));
    if (line.ends_with("/start")) containers[wanted].state = "running";
    if (line.find("/stop") != std::string::npos) containers[wanted].state = "exited";
    if (tells) event(wanted, containers[wanted].state == "running" ? "start" : "die");
    return answer(204, "");
  }

 private:
  // By id or by name.
  std::string id_in(const std::string& line) const {
    const std::size_t at = line.find("/containers/");
    if (at == std::string::npos) return {};
    std::string wanted = line.substr(at + 12);
    wanted = wanted.substr(0, wanted.find_first_of("/?"));
    for (const auto& [id, container] : containers) {
      if (container.name == wanted) return id;
    }
    return wanted;
  }

  void create(const std::string& line, const std::string& body) {
    const auto document = base::parse_json(body);
    if (!document || !document->is_object()) return;
    FakeContainer made{.name = line.substr(line.find("name=") + 5), .state = "created"};
    const auto& config = document->get_object();
    if (const auto* labels = config.if_contains("Labels")) made.labels = labels->get_object();
    if (const auto* ports = config.if_contains("ExposedPorts")) {
      made.port = std::string(ports->get_object().begin()->key());
    }
    containers[id(++last_created_)] = std::move(made);
  }

  std::string list() const {
    base::json::array rows;
    for (const auto& [each, container] : containers) {
      if (container.state != "running" && container.state != "paused") continue;
      rows.push_back({{"Id", each},
                      {"Names", {"/" + container.name}},
                      {"State", container.state},
                      {"Labels", container.labels}});
    }
    return base::json::serialize(rows);
  }

  static std::string inspect(const std::string& id, const FakeContainer& container) {
    base::json::object state = {
        {"Status", container.state}, {"StartedAt", container.started_at}, {"Pid", container.pid}};
    if (!container.health.empty()) state["Health"] = {{"Status", container.health}};
    base::json::object networks;
    for (const auto& [name, ip] : container.networks) networks[name] = {{"IPAddress", ip}};
    base::json::object ports;
    ports[container.port] = base::json::object();
    return base::json::serialize(base::json::object{
        {"Id", id},
        {"Name", "/" + container.name},
        {"State", state},
        {"Config", {{"Image", "x"}, {"Labels", container.labels}, {"ExposedPorts", ports}}},
        {"NetworkSettings", {{"Networks", networks}}}});
  }

  runtime::Lane& lane_;
  int last_created_ = 998;
  std::string directory_;
  net::Address address_;
  std::unique_ptr<runtime::Gate> gate_;
  std::unique_ptr<net::Listener> listener_;
  std::vector<net::Stream*> open_;
  std::vector<std::unique_ptr<net::SocketStream>> streams_;
};

}  // namespace weir::control
