#pragma once
// InMemoryGateway: a whole gateway on a manual lane with pipes for sockets, and an origin that
// notes every byte it sees. For tests: any message, cut anywhere, without a kernel or a clock.

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http_proxy.hpp"
#include "http/h1_request.hpp"
#include "http/server.hpp"
#include "net/pipe_stream.hpp"
#include "runtime/manual_lane.hpp"
#include "runtime/spawn.hpp"

namespace weir::gateway {

/// The origin's end of one connection, driven by the test or by Origin::answer().
struct OriginConnection {
  std::unique_ptr<net::PipeStream> pipe;
  std::string host;        ///< "10.0.0.1"
  std::string received;    ///< every byte so far
  std::size_t parsed = 0;  ///< of them, up to the last whole request
  int requests = 0;        ///< whole requests seen
  std::string last_body;   ///< decoded content of the last whole request
  bool malformed = false;
};

/// Connects by making a pipe and keeping its far end.
class Origin final : public http::Connector {
 public:
  explicit Origin(runtime::ManualLane& lane) : lane_(lane) {}

  runtime::Task<base::Result<std::unique_ptr<net::Stream>>> connect(
      runtime::Lane& lane, net::Address address, base::Deadline deadline) override {
    const std::string host = address.host();
    if (refuse || refusing.contains(host)) {
      co_return base::fail(base::Errc::refused, "connect: refused", base::Origin::upstream,
                           base::Retry::safe);
    }
    if (hang) {
      co_await runtime::sleep_until(lane, deadline);
      co_return base::fail(base::Errc::deadline, "connect: timed out", base::Origin::upstream,
                           base::Retry::safe);
    }
    auto [near, far] = net::PipeStream::make_pair(lane, {.read_max = read_max});
    far->push(greeting);
    auto connection = std::make_unique<OriginConnection>();
    connection->pipe = std::move(far);
    connection->host = host;
    connections.push_back(std::move(connection));
    std::unique_ptr<net::Stream> stream = std::move(near);
    co_return stream;
  }

  /// Reads what came; answers each whole request with `response`, unless it is empty.
  void serve() {
    for (auto& connection : connections) {
      if (connection->pipe == nullptr || deaf) continue;
      connection->received += connection->pipe->take();
      if (connection->received.size() - connection->parsed >= reset_at) {
        connection->pipe->set_reset_on_close();
        connection->pipe.reset();
        continue;
      }
      while (take_request(*connection)) {
        const auto own = responses.find(connection->host);
        const std::string& answer = own != responses.end() ? own->second : response;
        if (!answer.empty()) connection->pipe->push(answer);
      }
    }
  }

  int requests() const {
    int sum = 0;
    for (const auto& connection : connections) sum += connection->requests;
    return sum;
  }
  std::string received() const {
    std::string all;
    for (const auto& connection : connections) all += connection->received;
    return all;
  }

  std::string response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  bool deaf = false;                ///< reads nothing
  std::size_t reset_at = SIZE_MAX;  ///< a connection breaks when so much of a request came
  std::set<std::string> refusing;   ///< hosts, such as "10.0.0.1"
  std::map<std::string, std::string> responses;  ///< of single hosts, instead of `response`
  bool refuse = false;
  bool hang = false;     ///< connects end at their deadline
  std::string greeting;  ///< sent at once on a new connection, unasked
  std::size_t read_max = SIZE_MAX;
  std::vector<std::unique_ptr<OriginConnection>> connections;

 private:
  bool take_request(OriginConnection& connection) {
    const std::string_view rest = std::string_view(connection.received).substr(connection.parsed);
    if (rest.empty()) return false;
    http::RequestHead head;
    std::vector<char> scratch(rest.size() + 1);
    const http::Verdict verdict = http::parse_request(rest, {}, scratch, head);
    connection.malformed = connection.malformed || verdict.is_refused();
    if (!verdict.is_complete()) return false;
    std::string body(rest.substr(head.bytes));
    http::BodyDecoder decoder;
    if (head.framing == http::Framing::length) {
      decoder = http::BodyDecoder::length(head.content_length);
    } else if (head.framing == http::Framing::chunked) {
      decoder = http::BodyDecoder::chunked({});
    }
    const auto step = decoder.decode(body);
    connection.malformed = connection.malformed || step.refused;
    if (!decoder.done()) return false;
    connection.last_body = body.substr(0, step.content);
    connection.parsed += head.bytes + step.consumed;
    ++connection.requests;
    return true;
  }

  runtime::ManualLane& lane_;
};

class InMemoryGateway {
 public:
  /// `settings`: one service named "origin"; none given = everything on "/" goes there. The last
  /// one gives its limits to "other".
  explicit InMemoryGateway(config::Settings settings = default_settings())
      : context_(lane_),
        origin_(lane_),
        counters_(1),
        policy_(std::make_shared<const upstream::ServicePolicy>(
            upstream::policy_of(settings.services.front()))),
        service_(std::make_shared<upstream::Service>(
            1, "origin", 1,
            upstream::ServiceOptions{
                .policy = policy_,
                .breaker = upstream::breaker_config(settings.services.front().breaker),
                .concurrency = settings.services.front().concurrency,
                .rate_limit = settings.services.front().rate_limit,
                .is_run_here = settings.services.front().process.has_value()})),
        other_(std::make_shared<upstream::Service>(
            2, "other", 1,
            upstream::ServiceOptions{.policy = policy_,
                                     .concurrency = settings.services.back().concurrency,
                                     .slot = 1})),
        routes_(std::make_shared<const RouteTable>(
            settings, ServiceFinder{{"origin", service_}, {"other", other_}})),
        proxy_(context_, origin_, routes_, nullptr) {
    limits.hold_time = std::chrono::hours(1);
    publish(1);
    other_->endpoints.publish(
        upstream::make_set({.generation = 1,
                            .policy = policy_,
                            .eligible = {std::make_shared<upstream::Endpoint>(
                                101, "other-1", "10.0.1.1:80", upstream::EndpointOptions{}, 1)}}));
    server_ =
        std::make_unique<http::Server>(context_, nullptr, 0, limits, counters_.lane(0), proxy_);
  }
  ~InMemoryGateway() {
    client_.reset();
    lane_.complete(stop());
    WEIR_ASSERT(hedges_ended());
    proxy_.close_idle();
  }

  static config::Settings default_settings() {
    config::Settings settings;
    settings.listeners.push_back({.name = "web"});
    config::Service service{.number = 1, .name = "origin"};
    service.breaker.enabled = false;  // tests of one rule are not stopped by another
    settings.services.push_back(service);
    config::Route route;
    route.service = "origin";
    settings.routes.push_back(route);
    return settings;
  }

  /// A new client connection; the last one is closed.
  net::PipeStream& connect(std::string_view peer = "192.0.2.7:40000") {
    auto [near, far] = net::PipeStream::make_pair(lane_);
    client_ = std::move(far);
    answer_.clear();
    server_->adopt(std::move(near), net::Address::parse(peer).value());
    settle();
    return *client_;
  }

  /// Runs gateway and origin until nothing moves.
  void settle() {
    for (int i = 0; i < 64; ++i) {
      lane_.run();
      origin_.serve();
      lane_.run();
      if (client_ != nullptr) answer_ += client_->take();
    }
  }

  /// Sends and returns all that came back so far on this connection since the last call.
  std::string exchange(std::string_view bytes) {
    client_->push(bytes);
    settle();
    return std::exchange(answer_, {});
  }

  runtime::ManualLane& lane() { return lane_; }
  Origin& origin() { return origin_; }
  HttpProxy& proxy() { return proxy_; }
  net::PipeStream& client() { return *client_; }
  /// The client's end, which stays open; connect() makes the next one.
  std::unique_ptr<net::PipeStream> keep_client() { return std::move(client_); }
  /// The client is gone, without a word.
  void drop_client() {
    client_.reset();
    settle();
  }
  /// The clock moves; returns what came back by then.
  std::string after(base::Duration time) {
    lane_.advance(time);
    settle();
    return std::exchange(answer_, {});
  }
  /// The service has so many endpoints from now on: origin-1 at 10.0.0.1:80 and so on.
  void publish(std::uint32_t count) {
    while (endpoints_.size() < count) {
      const auto id = static_cast<std::uint32_t>(endpoints_.size() + 1);
      endpoints_.push_back(std::make_shared<upstream::Endpoint>(
          id, "origin-" + std::to_string(id), "10.0.0." + std::to_string(id) + ":80",
          upstream::EndpointOptions{}, 1));
    }
    service_->endpoints.publish(upstream::make_set(
        {.generation = ++generation_, .policy = policy_, .eligible = endpoints_}));
  }
  telemetry::TrafficSnapshot traffic() const { return service_->traffic.total(); }
  upstream::Service& service() { return *service_; }
  /// "other", with one endpoint at 10.0.1.1:80: for fallbacks.
  upstream::Service& other() { return *other_; }

  http::ServerLimits limits;

 private:
  bool hedges_ended() {
    bool ended = false;
    runtime::Gate gate;
    runtime::spawn(gate, "end", end_hedges(ended));
    for (int i = 0; i < 60 && !ended; ++i) lane_.advance(std::chrono::seconds(1));
    return ended;
  }
  runtime::Task<void> end_hedges(bool& ended) {
    auto ending = proxy_.finish_connects();
    co_await ending;
    ended = true;
  }

  runtime::Task<int> stop() {
    auto stopping = server_->stop(base::Deadline(base::Time{}));
    co_await stopping;
    co_return 0;
  }

  runtime::ManualLane lane_;
  http::LaneContext context_;
  Origin origin_;
  telemetry::ListenerTraffic counters_;
  std::shared_ptr<const upstream::ServicePolicy> policy_;
  std::shared_ptr<upstream::Service> service_;
  std::shared_ptr<upstream::Service> other_;
  runtime::Published<RouteTable> routes_;
  HttpProxy proxy_;
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<net::PipeStream> client_;
  std::string answer_;
  std::vector<upstream::EndpointRef> endpoints_;
  std::uint64_t generation_ = 0;
};

}  // namespace weir::gateway
