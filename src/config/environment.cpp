#include "config/environment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.hpp"
#include "config/address.hpp"
#include "config/settings.hpp"

namespace weir::config {
namespace {

constexpr std::string_view kBackend = "backend";
constexpr std::string_view kBackendLabel = "app=db-backend";

// "p@ss" → "p%40ss"; `kept` stay as they are beside letters, digits and -._~ (RFC 3986).
std::string percent_encoded(std::string_view text, std::string_view kept = {}) {
  std::string out;
  for (const char c : text) {
    const char lower = base::ascii_lower(c);
    const bool is_plain = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
                          std::string_view("-._~").contains(c) || kept.contains(c);
    if (is_plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

class Layering {
 public:
  Layering(Node& root, const Environment& environment, Problems& problems)
      : root_(root), environment_(environment), problems_(problems) {}

  Surroundings run() {
    apply_port();
    apply_store();
    apply_discovery();
    return surroundings();
  }

 private:
  // The value of a variable; empty: not set.
  std::string_view value(std::string_view name) const {
    const auto found = environment_.find(name);
    return found == environment_.end() ? std::string_view() : std::string_view(found->second);
  }
  // The place of everything that these variables say.
  Place place(std::string_view names) {
    return {1, 1, problems_.add_layer(fmt::format("environment {}", names))};
  }
  bool is_free(std::initializer_list<Step> path) const { return !is_written(root_, path); }

  // The map behind a key of a map, made if it is not there; nullptr if something else is.
  static Node* map_at(Node* map, std::string_view key, Place place) {
    if (map == nullptr || !become(*map, Shape::map)) return nullptr;
    for (Member& member : map->members) {
      if (member.key == key) return become(member.value, Shape::map) ? &member.value : nullptr;
    }
    map->members.push_back({std::string(key), place, {.shape = Shape::map, .place = place}});
    return &map->members.back().value;
  }
  static bool become(Node& node, Shape shape) {
    if (core_type(node) == Core::null) {
      node.shape = shape;
      node.text.clear();
    }
    return node.shape == shape;
  }
  static void add_text(Node* map, std::string_view key, std::string_view text, Place place) {
    if (map == nullptr || map->find(key) != nullptr) return;
    Node node{.shape = Shape::scalar, .quoted = true, .text = std::string(text), .place = place};
    map->members.push_back({std::string(key), place, std::move(node)});
  }

  void apply_port() {
    const std::string_view text = value("PORT");
    if (text.empty() || !is_free({"admin", "bind"})) return;
    const Place at = place("PORT");
    const auto port = base::parse_uint(text);
    if (!port || *port == 0 || *port > 65535) {
      return problems_.error(at, fmt::format("'{}' is not a port from 1 to 65535", clipped(text)));
    }
    Address bind = Admin{}.bind;
    bind.port = static_cast<std::uint16_t>(*port);
    add_text(map_at(&root_, "admin", at), "bind", to_text(bind), at);
  }

  void apply_store() {
    if (!is_free({"admin", "store"})) return;
    if (const std::string_view url = value("DATABASE_URL"); !url.empty()) {
      const Place at = place("DATABASE_URL");
      return add_text(map_at(&root_, "admin", at), "store", url, at);
    }
    if (value("PGHOST").empty() && value("PGDATABASE").empty()) return;
    std::vector<std::string_view> names;
    for (const char* name : {"PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE"}) {
      if (!value(name).empty()) names.push_back(name);
    }
    const auto port = base::parse_uint(value("PGPORT"));
    if (!value("PGPORT").empty() && (!port || *port == 0 || *port > 65535)) {
      return problems_.error(place("PGPORT"), fmt::format("'{}' is not a port from 1 to 65535",
                                                          clipped(value("PGPORT"))));
    }
    const Place at = place(list_words(names));
    add_text(map_at(&root_, "admin", at), "store", postgres_url(), at);
  }

  std::string postgres_url() const {
    const std::string_view host = value("PGHOST");
    std::string url = "postgres://" + percent_encoded(value("PGUSER"));
    if (!value("PGPASSWORD").empty()) url += ":" + percent_encoded(value("PGPASSWORD"));
    if (!url.ends_with('/')) url += '@';
    const bool is_v6 = host.contains(':') && !host.contains(',');
    url += is_v6 ? fmt::format("[{}]", percent_encoded(host, ":")) : percent_encoded(host, ",");
    if (!value("PGPORT").empty()) url += fmt::format(":{}", value("PGPORT"));
    return fmt::format("{}/{}", url, percent_encoded(value("PGDATABASE")));
  }

  bool wants_docker() {
    const std::string_view text = value("DOCKER_DISCOVERY");
    if (text.empty() || base::equals_ignore_case(text, "false")) return false;
    if (base::equals_ignore_case(text, "true")) return true;
    const auto is_any = [&](std::initializer_list<std::string_view> words) {
      return std::ranges::any_of(words, [&](auto w) { return base::equals_ignore_case(w, text); });
    };
    const bool yes = is_any({"yes", "on", "1", "y", "t"});
    const bool no = is_any({"no", "off", "0", "n", "f"});
    problems_.error(place("DOCKER_DISCOVERY"),
                    fmt::format("expected true or false, found '{}'", clipped(text)),
                    yes  ? "true"
                    : no ? "false"
                         : "");
    return false;
  }

  // The first docker source of a service of the file, or nullptr.
  static Node* docker_of(Node& service) {
    for (Member& member : service.members) {
      if (member.key != "discovery") continue;
      for (Node& source : member.value.items) {
        for (Member& kind : source.members) {
          if (kind.key == "docker") return &kind.value;
        }
      }
    }
    return nullptr;
  }

  void apply_discovery() {
    const bool is_wanted = wants_docker();
    bool has_docker = false;
    Node* backend = nullptr;
    for (Member& section : root_.members) {
      if (section.key != "services") continue;
      for (Member& service : section.value.members) {
        has_docker |= docker_of(service.value) != nullptr;
        if (service.key == kBackend) backend = &service.value;
      }
    }
    if (Node* docker = backend == nullptr ? nullptr : docker_of(*backend)) fill(*docker);
    if (!is_wanted || has_docker) return;
    const Place at = place("DOCKER_DISCOVERY");
    if (backend != nullptr) {
      return problems_.warning(at, fmt::format("no effect: the file has a service '{}', and that "
                                               "has no docker source",
                                               kBackend));
    }
    add_backend(at);
  }

  void fill(Node& docker) {
    if (!become(docker, Shape::map)) return;
    for (const auto& [name, key] :
         {std::pair{"BACKEND_LABEL", "label"}, std::pair{"BACKEND_NETWORK", "network"}}) {
      if (value(name).empty() || docker.find(key) != nullptr) continue;
      add_text(&docker, key, value(name), place(name));
    }
  }

  void add_backend(Place at) {
    Node* service = map_at(map_at(&root_, "services", at), kBackend, at);
    if (service == nullptr) return;  // `services` is no map: it is reported when it is read
    Node docker{.shape = Shape::map, .place = at};
    fill(docker);
    if (docker.find("label") == nullptr) {
      add_text(&docker, "label", kBackendLabel, {1, 1, problems_.add_layer("default")});
    }
    Node source{.shape = Shape::map, .place = at};
    source.members.push_back({"docker", at, std::move(docker)});
    Node discovery{.shape = Shape::list, .place = at};
    discovery.items.push_back(std::move(source));
    service->members.push_back({"discovery", at, std::move(discovery)});
  }

  Surroundings surroundings() {
    const std::string_view text = value("TOTAL_RECORDS");
    if (text.empty()) return {};
    const auto number = base::parse_uint(text);
    if (number && *number >= 1 && *number <= kTotalRecordsMax) {
      return {*number, "environment TOTAL_RECORDS"};
    }
    problems_.error(place("TOTAL_RECORDS"), fmt::format("'{}' is not a number from 1 to {}",
                                                        clipped(text), kTotalRecordsMax));
    return {};
  }

  Node& root_;
  const Environment& environment_;
  Problems& problems_;
};

}  // namespace

Surroundings apply_environment(Node& root, const Environment& environment, Problems& problems) {
  return Layering(root, environment, problems).run();
}

}  // namespace weir::config
