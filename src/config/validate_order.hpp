#pragma once
// Validate, two times of one section of which one may not be the longer. See validate.hpp.

#include <initializer_list>
#include <string_view>

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

namespace weir::config {

struct NamedTime {
  std::string_view key;
  Duration time;
};

/// `lesser <= greater`, both keys of the section that `path` leads to, whether the file has it or
/// not; `why` ends the message.
void check_order(const Node& root, std::initializer_list<std::string_view> path, NamedTime lesser,
                 NamedTime greater, std::string_view why, Problems& problems);

}  // namespace weir::config
