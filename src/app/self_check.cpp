#include "app/self_check.hpp"

#include "app/local_client.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kCheckTime = std::chrono::seconds(5);

const config::Route* route_to(const config::Settings& settings, const std::string& service) {
  for (const config::Route& route : settings.routes) {
    if (route.service == service && route.match.host == "*" && route.match.methods.empty()) {
      return &route;
    }
  }
  return nullptr;
}

}  // namespace

std::vector<ServiceCheck> check_services(Instance& instance) {
  std::vector<ServiceCheck> out;
  const auto kept = instance.in_force().settings;
  const config::Settings& settings = *kept;
  const std::string gateway = instance.lanes().listeners().front().address.text();
  for (const auto& entry : instance.registry().facts()) {
    const config::Route* route = route_to(settings, entry.service->name);
    if (route == nullptr) continue;
    ServiceCheck check;
    check.service = entry.service->name;
    check.path = route->match.path;
    for (const auto& endpoint : entry.endpoints) check.eligible += endpoint.eligible ? 1 : 0;
    const config::Service* configured = config::find_service(settings, check.service);
    check.wanted =
        configured->endpoints.size() + (configured->process ? configured->process->replicas : 0);
    http::FetchRequest request;
    request.target = check.path;
    request.fields.emplace_back("User-Agent", "weir-self-check");
    const base::Time start = base::real_now();
    const auto answer = call(gateway, std::move(request), kCheckTime);
    check.ms = base::to_ms(base::real_now() - start);
    if (answer) {
      check.status = answer->status;
      if (!check.ok()) check.detail = answer->body;
    } else {
      check.detail = answer.error().detail();
    }
    out.push_back(std::move(check));
  }
  return out;
}

}  // namespace weir::app
