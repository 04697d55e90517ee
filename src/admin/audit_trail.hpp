#pragma once
// AuditTrail: what one request changed, noted by the paths that changed it and written down when
// the request is answered.

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weir::admin {

struct AuditNote {
  std::string what;     ///< "algorithm.set", "breaker.open"
  std::string subject;  ///< a service, "web/web-2"
  std::optional<std::string> before;
  std::optional<std::string> after;
};

struct AuditTrail {
  std::vector<AuditNote> notes;
  bool is_stored = false;  ///< the store has them: written with the change itself
  bool is_noted = false;   ///< the path spoke for itself; no notes then mean that nothing changed

  void add(std::string what, std::string subject, std::optional<std::string> before = {},
           std::optional<std::string> after = {}) {
    is_noted = true;
    notes.push_back({std::move(what), std::move(subject), std::move(before), std::move(after)});
  }
};

}  // namespace weir::admin
