#include "config/sources.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/problem.hpp"

namespace weir::config {
namespace {

Node as_endpoint(const Node& item) {
  if (item.shape == Shape::map) return item;
  Node map{.shape = Shape::map, .place = item.place};
  map.members.push_back({"address", item.place, item});
  return map;
}

Node source_of(std::string_view key, const Node& value) {
  Node source{.shape = Shape::map, .place = value.place};
  source.members.push_back({std::string(key), value.place, value});
  return source;
}

}  // namespace

std::string Sources::layer(Place place) const {
  const auto index = static_cast<std::size_t>(place.layer);
  return index <= layers_.size() ? printable(layers_[index - 1]) : std::string("unknown");
}

std::string Sources::of(std::initializer_list<Step> path) const {
  if (!is_written(root_, path)) return "default";
  const Place place = place_of(root_, path);
  if (place.layer != 0) return layer(place);
  return fmt::format("{}:{}:{}", printable(file_), place.line, place.column);
}

std::string Sources::brief(const Node* written) const {
  if (written == nullptr) return "default";
  if (written->place.layer != 0) return layer(written->place);
  return fmt::format("{}:{}", printable(file_), written->place.line);
}

Node joined_discovery(const Node& discovery) {
  Node out{.shape = Shape::list, .place = discovery.place};
  Node fixed{.shape = Shape::list, .place = discovery.place};
  const auto add_all = [&](std::string_view key) {
    for (const Node& source : discovery.items) {
      if (const Node* value = source.find(key)) out.items.push_back(source_of(key, *value));
      if (key == "process" && !out.items.empty()) return;  // said twice, it is one
    }
  };
  add_all("process");
  for (const Node& source : discovery.items) {
    const Node* value = source.find("static");
    if (value == nullptr) continue;
    for (const Node& item : value->items) fixed.items.push_back(as_endpoint(item));
  }
  if (!fixed.items.empty()) out.items.push_back(source_of("static", fixed));
  add_all("dns");
  add_all("docker");
  return out;
}

const Node* item_of(const Node* list, std::size_t index) noexcept {
  return list != nullptr && index < list->items.size() ? &list->items[index] : nullptr;
}

const Node* field_of(const Node* map, std::string_view name) noexcept {
  if (map == nullptr) return nullptr;
  if (const Node* value = map->find(name)) return value;
  for (const Member& member : map->members) {
    if (base::equals_ignore_case(member.key, name)) return &member.value;
  }
  return nullptr;
}

}  // namespace weir::config
