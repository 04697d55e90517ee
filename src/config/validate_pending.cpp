#include "config/validate_pending.hpp"

#include <string>

namespace weir::config {

void check_pending(const Settings& settings, const Node& root, Problems& problems) {
  for (std::size_t i = 0; i < settings.routes.size(); ++i) {
    const Route& route = settings.routes[i];
    if (route.retry.hedge) {
      problems.warning(key_place_of(root, {"routes", i, "retry", "hedge"}),
                       "hedge: no second attempt is started in this version yet");
    }
  }
}

}  // namespace weir::config
