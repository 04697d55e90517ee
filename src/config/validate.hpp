#pragma once
// Validate: what the parts of a configuration must be to each other (balancing.md, section 15).
//
// Pure: Settings and the tree they were read from in, problems with places out. It relies on the
// Reader's first invariant (entries correspond by index). A check that needs a part which could not
// be read stays silent, because the part was reported and the rest would be guesswork.

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

namespace weir::config {

/// Every cross-check. `problems` may hold errors of reading; new ones are added.
void validate(const Settings& settings, const Node& root, Problems& problems);

/// True if the `discovery` of this service's node lists `process`.
bool lists_process(const Node& service) noexcept;

}  // namespace weir::config
