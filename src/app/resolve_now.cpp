#include "app/resolve_now.hpp"

#include <fmt/format.h>

#include "net/resolver.hpp"
#include "runtime/spawn.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kResolveTime = std::chrono::seconds(5);

runtime::Task<void> resolve_one(net::Resolver& resolver, HostPort name, base::Deadline deadline,
                                Resolved& out) {
  auto resolving = resolver.resolve(name.first, name.second, deadline);
  const auto found = co_await resolving;
  if (!found) {
    out.emplace(name, base::Fail(base::Error(found.error())
                                     .with_context(fmt::format("cannot resolve the endpoint {}:{}",
                                                               name.first, name.second))));
    co_return;
  }
  std::vector<std::string> addresses;
  for (const net::Address& address : found->addresses) addresses.push_back(address.text());
  out.emplace(name, std::move(addresses));
}

runtime::Task<void> end_after(runtime::Lane& lane, net::Resolver& resolver, runtime::Gate& all) {
  auto closing = all.close();
  co_await closing;
  auto stopping = resolver.stop();
  co_await stopping;
  lane.stop();
}

}  // namespace

base::Result<Resolved> resolve_now(const std::set<HostPort>& names) {
  Resolved out;
  if (names.empty()) return out;
  runtime::Lane lane(3001);
  WEIR_TRY(const auto resolver, net::Resolver::open(lane, {}));
  const base::Deadline deadline = base::Deadline::after(base::real_now(), kResolveTime);
  runtime::Gate all;
  runtime::Gate end;
  for (const HostPort& name : names) {
    runtime::spawn(all, "resolve", resolve_one(*resolver, name, deadline, out));
  }
  runtime::spawn(end, "end", end_after(lane, *resolver, all));
  lane.run();
  return out;
}

}  // namespace weir::app
