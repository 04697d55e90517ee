#include "config/validate_pending.hpp"

#include <string>

namespace weir::config {

void check_pending(const Settings& settings, const Node& root, Problems& problems) {
  for (const Service& service : settings.services) {
    const auto at = [&](std::string_view key) {
      return key_place_of(root, {"services", std::string_view(service.name), "balance", key});
    };
    if (service.balance.sticky) {
      problems.warning(at("sticky"),
                       "sticky: no cookie is set in this version yet; hash_key with "
                       "a cookie of your own keeps clients on their endpoint");
    }
  }
  for (std::size_t i = 0; i < settings.routes.size(); ++i) {
    const Route& route = settings.routes[i];
    if (route.retry.hedge) {
      problems.warning(key_place_of(root, {"routes", i, "retry", "hedge"}),
                       "hedge: no second attempt is started in this version yet");
    }
    if (!route.fallback || route.fallback->answer) continue;
    problems.warning(key_place_of(root, {"routes", i, "fallback"}),
                     "fallback: only `static` answers in this version; last_good and service do "
                     "not yet");
  }
}

}  // namespace weir::config
