#include "app/instance.hpp"
namespace weir::app {
ReloadOutcome Instance::reload(bool, const std::string&) { return {}; }
}  // namespace weir::app
