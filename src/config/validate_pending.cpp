#include "config/validate_pending.hpp"

#include <string>

namespace weir::config {

void check_pending(const Settings& settings, const Node& root, Problems& problems) {
  for (const Service& service : settings.services) {
    const auto at = [&](std::string_view key) {
      return key_place_of(root, {"services", std::string_view(service.name), "balance", key});
    };
    if (service.balance.algorithm == balance::Algorithm::adaptive) {
      problems.warning(at("algorithm"),
                       "adaptive: this version does not switch on live traffic yet and picks as "
                       "random_two; `weir simulate` shows it");
    }
    if (!service.balance.compare.empty()) {
      problems.warning(at("compare"), "compare: not on live traffic in this version yet");
    }
  }
}

}  // namespace weir::config
