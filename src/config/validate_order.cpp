#include "config/validate_order.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace weir::config {

void check_order(const Node& root, std::initializer_list<std::string_view> path, NamedTime lesser,
                 NamedTime greater, std::string_view why, Problems& problems) {
  if (lesser.time <= greater.time) return;
  const Node* section = &root;
  std::string_view name;
  for (const std::string_view key : path) {
    section = section->find(key);
    if (section == nullptr) return;
    name = key;
  }
  const auto told = [&](const NamedTime& side) {
    return fmt::format("{} ({}{})", side.key, base::format_duration(side.time),
                       is_written(*section, {side.key}) ? "" : ", the default");
  };
  const bool is_lesser_written = is_written(*section, {lesser.key});
  problems.error(place_of(*section, {is_lesser_written ? lesser.key : greater.key}),
                 fmt::format("{}: {} is longer than {}{}", name, told(lesser), told(greater), why));
}

}  // namespace weir::config
