#include "control/docker_client.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace weir::control {
namespace {

constexpr DockerApiVersion kVersionWritten{1, 41};  // the syntax used here
constexpr std::string_view kDockerHostName = "docker";
constexpr std::string_view kDefaultSocket = "/var/run/docker.sock";
constexpr std::size_t kListMax = 8u << 20;  // 512 containers with generous labels

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
    if (is_plain) {
      out += c;
    } else {
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::string filters_query(const base::json::object& filters) {
  return filters.empty() ? std::string()
                         : "?filters=" + percent_encode(base::json::serialize(filters));
}

base::Errc code_of_status(std::uint16_t status) noexcept {
  switch (status) {
    case 400:
      return base::Errc::invalid_argument;
    case 404:
      return base::Errc::not_found;
    case 409:
      return base::Errc::conflict;
    default:
      return base::Errc::system;
  }
}

base::Fail refused_by_engine(std::uint16_t status, std::string_view body) {
  const std::string message = docker_message(body);
  return base::fail(
      code_of_status(status),
      fmt::format("Docker answered {}{}{}", status, message.empty() ? "" : ": ", message),
      base::Origin::upstream);
}

bool is_no_engine(base::Errc code) noexcept {
  return code == base::Errc::refused || code == base::Errc::unreachable ||
         code == base::Errc::closed || code == base::Errc::reset;
}

base::Fail bad_id(std::string_view id) {
  return base::fail(base::Errc::invalid_argument,
                    fmt::format("'{}' is no container id", id.substr(0, 64)));
}

http::BodyDecoder stream_decoder(const http::ResponseHead& head) {
  if (head.framing == http::Framing::chunked) return http::BodyDecoder::chunked({});
  if (head.framing == http::Framing::length) {
    return http::BodyDecoder::length(head.content_length);
  }
  return head.framing == http::Framing::until_close ? http::BodyDecoder::until_close()
                                                    : http::BodyDecoder::none();
}

// One stream for both: a label filter would drop the network events, which carry none.
std::string events_query() {
  return filters_query({{"type", {"container", "network"}},
                        {"event",
                         {"start", "die", "pause", "unpause", "destroy", "health_status", "kill",
                          "connect", "disconnect"}}});
}

}  // namespace

base::Result<net::Address> docker_socket(std::string_view docker_host) {
  constexpr std::string_view kScheme = "unix://";
  if (docker_host.empty()) return net::Address::unix_path(kDefaultSocket);
  if (!docker_host.starts_with(kScheme)) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("DOCKER_HOST is '{}': weir reaches the engine over a unix socket "
                                  "only, as in unix://{}; over TCP whoever reaches the port is "
                                  "root",
                                  docker_host.substr(0, 128), kDefaultSocket));
  }
  auto address = net::Address::unix_path(docker_host.substr(kScheme.size()));
  if (!address) return base::Fail(address.error().with_context("DOCKER_HOST"));
  return address;
}

// ---- events

bool DockerEvents::take_line(std::string& out) {
  for (;;) {
    const std::size_t end = bytes_.find('\n', scanned_);
    scanned_ = bytes_.size();
    if (end == std::string::npos) return false;
    out = bytes_.substr(0, end);
    bytes_.erase(0, end + 1);
    scanned_ = 0;
    if (out.ends_with('\r')) out.pop_back();
    if (!out.empty()) return true;
  }
}

runtime::Task<base::Result<std::string>> DockerEvents::next_line(base::Deadline deadline) {
  std::string line;
  for (;;) {
    if (take_line(line)) co_return line;
    if (bytes_.size() > kLineMax) {
      co_return base::fail(base::Errc::too_large, "Docker: an event is longer than 64 KiB",
                           base::Origin::upstream);
    }
    if (connection_->body.done()) {
      co_return base::fail(base::Errc::closed, "Docker ended the event stream",
                           base::Origin::upstream);
    }
    net::Buffer& input = connection_->input;
    if (input.empty()) {
      auto reading = connection_->read_more(deadline);
      WEIR_CO_CHECK(co_await reading);
    }
    const std::span<char> room(const_cast<char*>(input.data()), input.size());
    const http::BodyDecoder::Step step = connection_->body.decode(room);
    if (step.refused) co_return base::fail(base::Errc::bad_message, step.why);
    bytes_.append(input.data(), step.content);
    input.consume(step.consumed);
    if (step.consumed == 0 && !input.empty()) {  // what follows the body is not ours
      co_return base::fail(base::Errc::closed, "Docker ended the event stream",
                           base::Origin::upstream);
    }
  }
}

// ---- calls

std::string DockerClient::target_of(const Call& call) const {
  if (!call.is_versioned || !version_) return call.path;
  return fmt::format("/v{}.{}{}", version_->major, version_->minor, call.path);
}

runtime::Task<base::Result<http::Fetched>> DockerClient::exchange(const Call& call,
                                                                  std::string target,
                                                                  base::Deadline deadline) {
  http::FetchRequest request;
  request.method = call.method;
  request.target = std::move(target);
  request.host = kDockerHostName;
  request.fields = {{"User-Agent", "weir"}, {"Connection", "close"}};
  if (!call.body.empty()) request.fields.emplace_back("Content-Type", "application/json");
  request.body = call.body;
  request.body_max = call.body_max;
  auto fetching = http::fetch(context_, pool_, std::move(request), deadline);
  auto fetched = co_await fetching;
  if (!fetched) {
    if (is_no_engine(fetched.error().code())) version_.reset();
    co_return base::Fail(fetched.error().with_context("Docker"));
  }
  co_return std::move(*fetched);
}

runtime::Task<base::Result<http::Fetched>> DockerClient::call(Call call, base::Deadline deadline) {
  if (call.is_versioned) {
    auto versioned = want_version(deadline);
    WEIR_CO_CHECK(co_await versioned);
  }
  auto exchanging = exchange(call, target_of(call), deadline);
  WEIR_CO_TRY(http::Fetched answer, co_await exchanging);
  // 304: a container to start runs, or one to stop does not.
  const bool is_good = (answer.status >= 200 && answer.status < 300) || answer.status == 304;
  if (!is_good) co_return refused_by_engine(answer.status, answer.body);
  co_return answer;
}

runtime::Task<base::Result<void>> DockerClient::want_version(base::Deadline deadline) {
  if (!version_) {
    auto pinging = ping(deadline);
    WEIR_CO_CHECK(co_await pinging);
  }
  co_return base::Result<void>();
}

runtime::Task<base::Result<DockerApiVersion>> DockerClient::ping(base::Deadline deadline) {
  auto pinging = call({.path = "/_ping", .is_versioned = false}, deadline);
  WEIR_CO_TRY(const http::Fetched answer, co_await pinging);
  std::string_view text;
  for (const auto& [name, value] : answer.fields) {
    if (base::equals_ignore_case(name, "api-version")) text = value;
  }
  WEIR_CO_TRY(DockerApiVersion version, parse_docker_version(text));
  if (version > kVersionWritten) {
    // A much newer engine may have given up 1.41.
    auto asking = call({.path = "/version", .is_versioned = false}, deadline);
    WEIR_CO_TRY(const http::Fetched more, co_await asking);
    const auto least = parse_docker_min_version(more.body);
    version = least ? std::max(kVersionWritten, *least) : kVersionWritten;
  }
  version_ = version;
  co_return version;
}

runtime::Task<base::Result<DockerList>> DockerClient::list(DockerFilter filter,
                                                           base::Deadline deadline) {
  base::json::object filters;
  if (!filter.label.empty()) filters["label"] = base::json::array{filter.label};
  if (!filter.network.empty()) filters["network"] = base::json::array{filter.network};
  auto calling =
      call({.path = "/containers/json" + filters_query(filters), .body_max = kListMax}, deadline);
  WEIR_CO_TRY(const http::Fetched answer, co_await calling);
  co_return parse_docker_list(answer.body);
}

runtime::Task<base::Result<base::json::value>> DockerClient::inspect_whole(
    std::string id, base::Deadline deadline) {
  if (!is_docker_id(id) && !is_docker_name(id)) co_return bad_id(id);
  auto calling = call({.path = fmt::format("/containers/{}/json", id)}, deadline);
  WEIR_CO_TRY(const http::Fetched answer, co_await calling);
  co_return base::parse_json(answer.body);
}

runtime::Task<base::Result<DockerContainer>> DockerClient::inspect(std::string id,
                                                                   base::Deadline deadline) {
  auto inspecting = inspect_whole(id, deadline);
  WEIR_CO_TRY(const base::json::value document, co_await inspecting);
  WEIR_CO_TRY(DockerContainer container, read_docker_container(document));
  if (is_docker_id(id) && container.id != id) {
    co_return base::fail(base::Errc::bad_message, "Docker answered with another container",
                         base::Origin::upstream);
  }
  co_return container;
}

runtime::Task<base::Result<std::string>> DockerClient::stats(std::string id,
                                                             base::Deadline deadline) {
  if (!is_docker_id(id)) co_return bad_id(id);
  auto calling =
      call({.path = fmt::format("/containers/{}/stats?stream=false&one-shot=true", id)}, deadline);
  WEIR_CO_TRY(http::Fetched answer, co_await calling);
  co_return std::move(answer.body);
}

runtime::Task<base::Result<std::unique_ptr<DockerEvents>>> DockerClient::events(
    base::Deadline deadline) {
  auto versioned = want_version(deadline);
  WEIR_CO_CHECK(co_await versioned);
  auto connecting = pool_.connect(deadline);
  WEIR_CO_TRY(std::unique_ptr<http::ClientConnection> connection, co_await connecting);
  const std::string head =
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: weir\r\n\r\n",
                  target_of({.path = "/events" + events_query()}), kDockerHostName);
  auto sending =
      net::send_all(*connection->stream, {.head = head}, deadline, base::Origin::upstream);
  WEIR_CO_CHECK(co_await sending);
  bool any = false;
  auto reading = connection->read_head(context_, "GET", deadline, any);
  WEIR_CO_CHECK(co_await reading);
  const http::ResponseHead& answer = context_.response;
  if (answer.status != 200) co_return refused_by_engine(answer.status, {});
  connection->body = stream_decoder(answer);
  connection->input.consume(answer.bytes);
  co_return std::make_unique<DockerEvents>(std::move(connection));
}

runtime::Task<base::Result<std::string>> DockerClient::create(std::string name, std::string body,
                                                              base::Deadline deadline) {
  if (!is_docker_name(name)) {
    co_return base::fail(base::Errc::invalid_argument,
                         fmt::format("'{}' is no container name", name.substr(0, 64)));
  }
  auto calling =
      call({.method = "POST", .path = "/containers/create?name=" + name, .body = std::move(body)},
           deadline);
  WEIR_CO_TRY(const http::Fetched answer, co_await calling);
  co_return parse_docker_created(answer.body);
}

runtime::Task<base::Result<void>> DockerClient::start(std::string id, base::Deadline deadline) {
  if (!is_docker_id(id)) co_return bad_id(id);
  auto calling =
      call({.method = "POST", .path = fmt::format("/containers/{}/start", id)}, deadline);
  WEIR_CO_CHECK(co_await calling);
  co_return base::Result<void>();
}

runtime::Task<base::Result<void>> DockerClient::stop(std::string id, base::Duration grace,
                                                     base::Deadline deadline) {
  auto checking = check_managed(id, deadline);
  WEIR_CO_CHECK(co_await checking);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(grace).count();
  auto calling = call(
      {.method = "POST", .path = fmt::format("/containers/{}/stop?t={}", id, seconds)}, deadline);
  WEIR_CO_CHECK(co_await calling);
  co_return base::Result<void>();
}

runtime::Task<base::Result<void>> DockerClient::remove(std::string id, base::Deadline deadline) {
  auto checking = check_managed(id, deadline);
  const auto checked = co_await checking;
  if (!checked && checked.error().code() == base::Errc::not_found) co_return base::Result<void>();
  WEIR_CO_CHECK(checked);
  auto calling = call(
      {.method = "DELETE", .path = fmt::format("/containers/{}?force=true&v=true", id)}, deadline);
  const auto called = co_await calling;
  if (called || called.error().code() == base::Errc::not_found) co_return base::Result<void>();
  co_return base::Fail(called.error());
}

// An id is never used again and labels never change, so what is seen here holds for the next call.
runtime::Task<base::Result<void>> DockerClient::check_managed(std::string id,
                                                              base::Deadline deadline) {
  if (!is_docker_id(id)) co_return bad_id(id);
  auto inspecting = inspect(id, deadline);
  WEIR_CO_TRY(const DockerContainer container, co_await inspecting);
  const auto label = container.labels.find(kDockerManagedLabel);
  if (label != container.labels.end() && label->second == kDockerManagedValue) {
    co_return base::Result<void>();
  }
  co_return base::fail(base::Errc::conflict,
                       fmt::format("container {} was not made by weir: it has no label {}={}",
                                   container.name, kDockerManagedLabel, kDockerManagedValue));
}

}  // namespace weir::control
