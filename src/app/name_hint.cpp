#include "app/name_hint.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "control/operator_command.hpp"
#include "term/traffic.hpp"

namespace weir::app {

std::string with_service_hint(const AdminTarget& target, const AdminProblem& problem,
                              const std::string& name) {
  const bool is_enough = problem.status != 404 || problem.text.contains("did you mean") ||
                         problem.text.contains("too old");
  if (is_enough) return problem.text;
  http::FetchRequest request;
  request.target = "/api/services";
  const auto answer = call_admin(target, std::move(request));
  if (!answer) return problem.text;
  std::vector<std::string> names;
  for (const term::Service& each : term::read_traffic(*answer, nullptr, nullptr).services) {
    names.push_back(each.name);
  }
  const bool is_there = std::ranges::find(names, name) != names.end();
  return is_there ? problem.text : control::no_such("service", name, names);
}

}  // namespace weir::app
