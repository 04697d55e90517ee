#pragma once
// OpenStore: where weir keeps its records, and the store there. Used by a running instance and by
// the commands that work on the store of one that does not run.

#include <memory>
#include <string>

#include "store/store.hpp"

namespace weir::app {

/// The configuration's `store`, else DATABASE_URL, else weir.db in the data directory; empty when
/// there is none of them.
std::string store_target(const std::string& configured, const std::string& data_directory);

/// Null without a target. A server that is away is no error: writes wait for it. A file that cannot
/// be opened is. Blocks. Lifetime: `log` outlives the store.
base::Result<std::unique_ptr<store::Store>> open_store(const std::string& target,
                                                       telemetry::Log& log);

}  // namespace weir::app
