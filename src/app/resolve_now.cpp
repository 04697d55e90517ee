#include "app/resolve_now.hpp"

#include <fmt/format.h>

#include <optional>

#include "net/resolver.hpp"
#include "runtime/spawn.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kResolveTime = std::chrono::seconds(5);
using Found = base::Result<net::ResolvedSet>;

runtime::Task<void> resolve_into(runtime::Lane& lane, net::Resolver& resolver, std::string name,
                                 std::uint16_t port, base::Deadline deadline,
                                 std::optional<Found>& out) {
  auto resolving = resolver.resolve(std::move(name), port, deadline);
  out.emplace(co_await resolving);
  auto stopping = resolver.stop();
  co_await stopping;
  lane.stop();
}

}  // namespace

base::Result<std::vector<std::string>> resolve_now(const std::string& name, std::uint16_t port) {
  runtime::Lane lane(3001);
  WEIR_TRY(const auto resolver, net::Resolver::open(lane, {}));
  std::optional<Found> found;
  runtime::Gate gate;
  const base::Deadline deadline = base::Deadline::after(base::real_now(), kResolveTime);
  runtime::spawn(gate, "resolve", resolve_into(lane, *resolver, name, port, deadline, found));
  lane.run();
  if (!*found) {
    return base::Fail(
        base::Error(found->error())
            .with_context(fmt::format("cannot resolve the endpoint {}:{}", name, port)));
  }
  std::vector<std::string> out;
  for (const net::Address& address : (*found)->addresses) out.push_back(address.text());
  return out;
}

}  // namespace weir::app
