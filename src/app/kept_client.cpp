#include "app/kept_client.hpp"

#include <utility>

#include "app/data_directory.hpp"
#include "runtime/spawn.hpp"

namespace weir::app {

struct KeptClient::Link {
  explicit Link(const net::Address& target)
      : lane(3001), context(lane), pool(context, connector, target) {}

  runtime::Lane lane;
  http::LaneContext context;
  http::SocketConnector connector;
  http::ClientPool pool;
  runtime::Gate gate;
};

namespace {

runtime::Task<void> fetch_kept(http::LaneContext& context, http::ClientPool& pool,
                               http::FetchRequest request, base::Deadline deadline,
                               std::optional<base::Result<http::Fetched>>& out) {
  auto fetching = http::fetch(context, pool, std::move(request), deadline);
  out.emplace(co_await fetching);
  context.lane.stop();
}

}  // namespace

KeptClient::KeptClient(AdminTarget target)
    : target_(std::move(target)), address_(admin_address(target_)) {}

KeptClient::~KeptClient() = default;

base::Result<http::Fetched> KeptClient::fetch(const std::string& path, base::Duration timeout) {
  if (!link_) {
    // One that is gone does not make the weir at the default address this one.
    const auto running = target_.admin.empty() ? find_running(target_.data) : std::nullopt;
    if (running && !running->admin.empty()) address_ = running->admin;
    WEIR_TRY(const net::Address at, net::Address::parse(address_));
    link_ = std::make_unique<Link>(at);
    ++connections_;
  }
  http::FetchRequest request;
  request.target = path;
  request.host = link_->pool.address().family() == AF_UNIX ? "localhost" : address_;
  std::optional<base::Result<http::Fetched>> out;
  const base::Deadline deadline = base::Deadline::after(base::real_now(), timeout);
  runtime::spawn(link_->gate, "call",
                 fetch_kept(link_->context, link_->pool, admin_request(target_, std::move(request)),
                            deadline, out));
  link_->lane.run();
  return std::move(*out);
}

std::expected<base::json::value, AdminProblem> KeptClient::get(const std::string& path,
                                                               base::Duration timeout) {
  const bool was_kept = link_ != nullptr;
  auto answer = fetch(path, timeout);
  if (!answer && was_kept && answer.error().code() != base::Errc::deadline) {
    link_.reset();
    answer = fetch(path, timeout);
  }
  if (answer) return read_admin(*answer, path);
  link_.reset();
  return std::unexpected(AdminProblem{.text = nobody_answers(address_, answer.error())});
}

}  // namespace weir::app
