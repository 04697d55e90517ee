// Diff, as lines for people. See diff.hpp.
#include <fmt/format.h>

#include "config/address.hpp"
#include "config/diff.hpp"

namespace weir::config {
namespace {

// "algorithm round_robin -> weighted", "+ health.check", "- hash_key path".
std::string value_line(const ValueChange& value) {
  std::string_view key = value.key;
  constexpr std::string_view kBalance = "balance.";  // whose keys are known by themselves
  if (key.starts_with(kBalance)) key.remove_prefix(kBalance.size());
  const auto after_sign = [&](char sign, const std::string& text) {
    return fmt::format("{} {}{}{}", sign, key, text.empty() ? "" : " ", text);
  };
  if (value.kind == ValueChange::Kind::added) return after_sign('+', value.after);
  if (value.kind == ValueChange::Kind::removed) return after_sign('-', value.before);
  if (value.before == value.after) return fmt::format("{} changes", key);
  return fmt::format("{} {} -> {}", key, value.before, value.after);
}

// "10.0.0.1:80 (weight 2, backup)".
std::string endpoint_text(const Endpoint& endpoint) {
  std::string notes = endpoint.weight == 1 ? "" : fmt::format("weight {}", endpoint.weight);
  if (endpoint.backup) notes += notes.empty() ? "backup" : ", backup";
  const std::string address = shown_text(to_text(endpoint.address));
  return notes.empty() ? address : fmt::format("{} ({})", address, notes);
}

std::string kept_line(const EndpointChange& change) {
  std::string out = "endpoint " + shown_text(to_text(change.after.address));
  const auto& [before, after] = change;
  if (before.weight != after.weight) {
    out += fmt::format(" weight {} -> {}", before.weight, after.weight);
  }
  if (before.backup != after.backup) {
    out += fmt::format("{} backup {} -> {}", before.weight != after.weight ? "," : "",
                       before.backup, after.backup);
  }
  return out;
}

class PlanWriter {
 public:
  std::vector<std::string> take() { return std::move(lines_); }

  void services(const Change& change) {
    for (const ServiceEntry& service : change.services_added) {
      add("+ service {} ({})", service.name, fmt::join(service.sources, ", "));
    }
    for (const ServiceEntry& service : change.services_removed) {
      const bool is_one = service.sources.size() == 1 && service.sources.front() == "1 endpoint";
      const bool is_child = service.sources.size() == 1 && service.sources.front() == "1 child";
      add("- service {} ({} {})", service.name, fmt::join(service.sources, ", "),
          is_one || is_child ? "drains" : "drain");
    }
    for (const ServiceChange& service : change.services_changed) changed(service);
  }

  void routes(const Change& change) {
    for (const RouteEntry& route : change.routes_added) {
      add("+ route {} -> {}", route.match, route.target);
    }
    for (const RouteEntry& route : change.routes_removed) {
      add("- route {} -> {}", route.match, route.target);
    }
    for (const RouteChange& route : change.routes_changed) {
      for (const ValueChange& value : route.values) {
        add("~ route {}: {}", route.match, value_line(value));
      }
    }
  }

  void rest(const Change& change) {
    for (const ValueChange& value : change.other) add("~ {}", value_line(value));
    for (const std::string& restart : change.needs_restart) add("! {}", restart);
  }

 private:
  void changed(const ServiceChange& service) {
    const auto line = [&](const std::string& what) { add("~ service {}: {}", service.name, what); };
    for (const ValueChange& value : service.values) line(value_line(value));
    for (const Endpoint& endpoint : service.added) line("+ endpoint " + endpoint_text(endpoint));
    for (const Endpoint& endpoint : service.removed) {
      line(fmt::format("- endpoint {}, which drains", endpoint_text(endpoint)));
    }
    for (const EndpointChange& endpoint : service.kept) line(kept_line(endpoint));
  }

  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    lines_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> plan_lines(const Change& change) {
  if (change.empty()) return {"nothing changes"};
  PlanWriter writer;
  writer.services(change);
  writer.routes(change);
  writer.rest(change);
  return writer.take();
}

}  // namespace weir::config
