#include "config/overlay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/json.hpp"

namespace weir::config {
namespace {

constexpr std::string_view kServices = "services";
constexpr std::string_view kRoutes = "routes";

std::vector<std::string_view> steps_of(std::string_view key) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t dot = key.find('.');
    out.push_back(key.substr(0, dot));
    if (dot == std::string_view::npos) return out;
    key.remove_prefix(dot + 1);
  }
}

bool is_route_key(const std::vector<std::string_view>& steps) {
  return steps.size() == 2 && steps[0] == kRoutes;
}

bool is_service_key(const std::vector<std::string_view>& steps) {
  return steps.size() >= 2 && steps[0] == kServices;
}

Member* member_of(Node& map, std::string_view key) {
  const auto found = std::ranges::find(map.members, key, &Member::key);
  return found == map.members.end() ? nullptr : &*found;
}

void append_written(std::string& out, const Node& node) {
  switch (node.shape) {
    case Shape::null:
    case Shape::faulty:
      out += '~';
      return;
    case Shape::scalar:
      out += '"';
      base::append_json_escaped(out, node.text);
      out += '"';
      return;
    case Shape::list:
      out += '[';
      for (const Node& item : node.items) {
        append_written(out, item);
        out += ',';
      }
      out += ']';
      return;
    case Shape::map:
      out += '{';
      for (const Member& member : node.members) {
        out += fmt::format("{}:", member.key);
        append_written(out, member.value);
        out += ',';
      }
      out += '}';
      return;
  }
}

class Laying {
 public:
  Laying(Node& root, Problems& problems) : root_(root), problems_(problems) {}

  void lay(const OverlayEntry& entry) {
    const std::vector<std::string_view> steps = steps_of(entry.key);
    if (!is_overlay_key(entry.key)) {
      problems_.error(place(entry.key, entry), "no key of the overlay");
      return;
    }
    auto value = base::parse_json(entry.value);
    if (!value) {
      problems_.error(place(entry.key, entry), fmt::format("no JSON: {}", value.error().detail()));
      return;
    }
    Node node = node_of(*value, entry.key, entry);
    is_route_key(steps) ? lay_route(std::move(node)) : lay_value(steps, std::move(node), entry);
  }

  OverlayOutcome take() { return std::move(out_); }
  void end(const std::string& key) { out_.ended.push_back(key); }

  bool has_service(std::string_view name) const {
    const Node* services = root_.find(kServices);
    return services != nullptr && services->find(name) != nullptr;
  }

 private:
  // One layer a value, so that a mistake names the value and not only the entry.
  Place place(std::string key, const OverlayEntry& entry) {
    out_.origins.push_back(entry.origin);
    return {1, 1, problems_.add_layer(std::move(key))};
  }

  Node node_of(const base::json::value& value, const std::string& key, const OverlayEntry& entry) {
    Node node{.place = place(key, entry)};
    if (const auto* object = value.if_object()) {
      node.shape = Shape::map;
      for (const auto& [name, inner] : *object) {
        const std::string below = fmt::format("{}.{}", key, std::string_view(name));
        Node child = node_of(inner, below, entry);
        node.members.push_back({std::string(name), child.place, std::move(child)});
      }
    } else if (const auto* array = value.if_array()) {
      node.shape = Shape::list;
      for (std::size_t i = 0; i < array->size(); ++i) {
        node.items.push_back(node_of((*array)[i], fmt::format("{}[{}]", key, i), entry));
      }
    } else if (const auto* text = value.if_string()) {
      node.shape = Shape::scalar;
      node.quoted = true;
      node.text = std::string(*text);
    } else if (!value.is_null()) {
      node.shape = Shape::scalar;
      node.text = base::to_text(value);
    }
    return node;
  }

  // The map or list behind a key of the root, made if the file has none; nullptr: it is odd.
  Node* section(std::string_view key, Shape shape, Place place) {
    if (root_.shape == Shape::null) root_.shape = Shape::map;
    if (root_.shape != Shape::map) return nullptr;
    Member* found = member_of(root_, key);
    if (found == nullptr) {
      root_.members.push_back({std::string(key), place, {.shape = shape, .place = place}});
      found = &root_.members.back();
    }
    if (core_type(found->value) == Core::null) found->value.shape = shape;
    return found->value.shape == shape ? &found->value : nullptr;
  }

  void lay_route(Node node) {
    Node* routes = section(kRoutes, Shape::list, node.place);
    if (routes != nullptr) routes->items.push_back(std::move(node));
  }

  void lay_value(const std::vector<std::string_view>& steps, Node node, const OverlayEntry& entry) {
    Node* at = section(kServices, Shape::map, node.place);
    std::string path(kServices);
    if (steps.size() == 2) out_.registered.emplace_back(steps[1]);
    for (std::size_t i = 1; at != nullptr && i < steps.size(); ++i) {
      Member* next = member_of(*at, steps[i]);
      const bool is_last = i + 1 == steps.size();
      path += fmt::format(".{}", steps[i]);
      if (next == nullptr) {
        const Shape shape = is_last ? node.shape : Shape::map;
        const Place here = is_last ? node.place : place(path, entry);
        at->members.push_back({std::string(steps[i]), here, {.shape = shape, .place = here}});
        next = &at->members.back();
      }
      // {} asks that there be a section, and wipes none.
      const bool is_there = node.shape == Shape::map && node.members.empty() &&
                            next->value.shape == Shape::map && !next->value.members.empty();
      if (is_last && is_there) return;
      if (is_last) {
        next->place = node.place;
        next->value = std::move(node);
        return;
      }
      if (core_type(next->value) == Core::null) next->value.shape = Shape::map;
      at = next->value.shape == Shape::map ? &next->value : nullptr;
    }
  }

  Node& root_;
  Problems& problems_;
  OverlayOutcome out_;
};

}  // namespace

bool is_overlay_key(std::string_view key) noexcept {
  const std::vector<std::string_view> steps = steps_of(key);
  if (!is_service_key(steps) && !is_route_key(steps)) return false;
  return std::ranges::none_of(steps, [](std::string_view step) { return step.empty(); });
}

std::string written_text(const Node& root, std::string_view key) {
  const std::vector<std::string_view> steps = steps_of(key);
  if (!is_service_key(steps)) return {};
  const Node* at = &root;
  for (const std::string_view step : steps) {
    at = at->find(step);
    if (at == nullptr) return {};
  }
  std::string out;
  append_written(out, *at);
  return out;
}

OverlayOutcome apply_overlay(Node& root, std::span<const OverlayEntry> entries,
                             Problems& problems) {
  std::vector<const OverlayEntry*> sorted;
  std::vector<const OverlayEntry*> alive;
  for (const OverlayEntry& entry : entries) sorted.push_back(&entry);
  // A service before its values, and before its route.
  std::ranges::sort(sorted, {}, [](const OverlayEntry* entry) {
    const std::vector<std::string_view> steps = steps_of(entry->key);
    return std::pair(is_route_key(steps) ? 2 : steps.size() > 2 ? 1 : 0, entry->key);
  });
  Laying laying(root, problems);
  std::vector<std::string_view> adopted;  // services that were registered, and are the file's now
  for (const OverlayEntry* entry : sorted) {
    const std::vector<std::string_view> steps = steps_of(entry->key);
    const bool is_adopted = steps.size() >= 2 && std::ranges::count(adopted, steps[1]) > 0;
    if (!is_adopted && written_text(root, entry->key) == entry->file) {
      alive.push_back(entry);
      continue;
    }
    laying.end(entry->key);
    if (is_service_key(steps) && steps.size() == 2) adopted.push_back(steps[1]);
  }
  for (const OverlayEntry* entry : alive) {
    const std::vector<std::string_view> steps = steps_of(entry->key);
    const bool is_whole = is_service_key(steps) && steps.size() == 2;
    if (is_overlay_key(entry->key) && !is_whole && !laying.has_service(steps[1])) {
      laying.end(entry->key);
      continue;
    }
    laying.lay(*entry);
  }
  return laying.take();
}

}  // namespace weir::config
