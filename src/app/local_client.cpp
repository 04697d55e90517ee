#include "app/local_client.hpp"

#include <optional>

#include "runtime/spawn.hpp"

namespace weir::app {
namespace {

runtime::Task<void> fetch_into(http::LaneContext& context, http::ClientPool& pool,
                               http::FetchRequest request, base::Deadline deadline,
                               std::optional<base::Result<http::Fetched>>& out) {
  auto fetching = http::fetch(context, pool, std::move(request), deadline);
  out.emplace(co_await fetching);
  context.lane.stop();
}

}  // namespace

base::Result<http::Fetched> call(const std::string& address, http::FetchRequest request,
                                 base::Duration timeout) {
  WEIR_TRY(const net::Address target, net::Address::parse(address));
  runtime::Lane lane(3000);
  http::LaneContext context(lane);
  http::SocketConnector connector;
  http::ClientPool pool(context, connector, target);
  if (request.host.empty()) request.host = target.family() == AF_UNIX ? "localhost" : address;
  std::optional<base::Result<http::Fetched>> out;
  runtime::Gate gate;
  const base::Deadline deadline = base::Deadline::after(base::real_now(), timeout);
  runtime::spawn(gate, "call", fetch_into(context, pool, std::move(request), deadline, out));
  lane.run();
  return std::move(*out);
}

}  // namespace weir::app
