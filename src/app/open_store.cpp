#include "app/open_store.hpp"

#include <cstdlib>

namespace weir::app {

std::string store_target(const std::string& configured, const std::string& data_directory) {
  if (!configured.empty()) return configured;
  const char* url = std::getenv("DATABASE_URL");
  if (url != nullptr && *url != '\0') return url;
  return data_directory.empty() ? std::string() : "sqlite:" + data_directory + "/weir.db";
}

base::Result<std::unique_ptr<store::Store>> open_store(const std::string& target,
                                                       telemetry::Log& log) {
  if (target.empty()) return nullptr;
  store::StoreOptions options;
  options.may_start_degraded = !target.starts_with("sqlite:");
  return store::Store::open(target, std::move(options), log);
}

}  // namespace weir::app
