#pragma once
// What was probably meant, when a weir knows no such name.

#include <string>

#include "app/admin_call.hpp"

namespace weir::app {

/// The problem's text; after a 404 that suggests nothing, with the service that was meant.
std::string with_service_hint(const AdminTarget& target, const AdminProblem& problem,
                              const std::string& name);

}  // namespace weir::app
