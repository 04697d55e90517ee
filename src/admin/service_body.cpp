#include "admin/service_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "config/text_rule.hpp"

namespace weir::admin {
namespace {

using base::json::object;
using base::json::value;

constexpr std::array<std::string_view, 5> kSections = {"balance", "health", "breaker",
                                                       "concurrency", "rate_limit"};
constexpr std::array<std::string_view, 3> kRoute = {"path", "host", "strip_prefix"};
constexpr std::array<std::string_view, 3> kOther = {"endpoints", "discovery", "algorithm"};

template <class Words>
bool is_one_of(std::string_view word, const Words& words) {
  return std::ranges::find(words, word) != words.end();
}

base::Fail refuse(std::string_view member, std::string_view why) {
  return base::fail(base::Errc::invalid_argument, fmt::format("{}: {}", member, why));
}

base::Result<object> object_of(std::string_view body, bool has_name) {
  WEIR_TRY(value parsed, base::parse_json(body));
  if (!parsed.is_object()) {
    return base::fail(base::Errc::bad_message, "the body must be a JSON object");
  }
  std::vector<std::string_view> known;
  if (has_name) known.push_back("name");
  for (const auto word : kOther) known.push_back(word);
  for (const auto word : kRoute) known.push_back(word);
  for (const auto word : kSections) known.push_back(word);
  for (const auto& member : parsed.get_object()) {
    const std::string_view key = member.key();
    if (is_one_of(key, known)) continue;
    const std::string_view shown = key.substr(0, 64);
    if (!has_name && key == "name") return refuse("name", "a service keeps its name");
    if (key == "process" || key == "scaling" || key == "docker") {
      return refuse(shown, "only the configuration file may say what is started");
    }
    const std::string_view near = base::nearest(key, known);
    return refuse(shown, near.empty()
                             ? fmt::format("no such member; there are {}", fmt::join(known, ", "))
                             : fmt::format("no such member (did you mean {}?)", near));
  }
  return std::move(parsed.get_object());
}

// "http://10.0.0.7:80/" is what many write for "10.0.0.7:80".
base::Result<std::string> address_of(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (text.starts_with("https://")) {
    return refuse("endpoints", "weir speaks no TLS to endpoints yet; use http:// or HOST:PORT");
  }
  if (!text.starts_with(kScheme)) return std::string(text);
  text.remove_prefix(kScheme.size());
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.contains('/')) return refuse("endpoints", "an endpoint has no path");
  const bool has_port = text.rfind(':') != std::string_view::npos && !text.ends_with(']');
  return has_port ? std::string(text) : fmt::format("{}:80", text);
}

base::Result<value> static_source(const value& endpoints) {
  if (!endpoints.is_array() || endpoints.get_array().empty()) {
    return refuse("endpoints", "not a list of addresses such as [\"10.0.0.7:8080\"]");
  }
  base::json::array list;
  for (const value& each : endpoints.get_array()) {
    const bool is_text = each.is_string();
    const value* address = each.is_object() ? each.get_object().if_contains("address") : nullptr;
    if (!is_text && (address == nullptr || !address->is_string())) {
      return refuse("endpoints",
                    "not a list of addresses such as [\"10.0.0.7:8080\"] or "
                    "[{\"address\": \"10.0.0.7:8080\", \"weight\": 2}]");
    }
    const auto& text = is_text ? each.get_string() : address->get_string();
    WEIR_TRY(const std::string plain, address_of(std::string_view(text)));
    value entry = each;
    (is_text ? entry : entry.get_object()["address"]) = plain;
    list.push_back(std::move(entry));
  }
  return value(object{{"static", std::move(list)}});
}

// RFC 7396, but that an empty section stays: {"sticky": {}} means all its defaults.
void merge(object& into, const object& patch) {
  for (const auto& [key, wanted] : patch) {
    if (wanted.is_null()) {
      into.erase(key);
    } else if (wanted.is_object() && into.contains(key) && into[key].is_object()) {
      merge(into[key].get_object(), wanted.get_object());
    } else {
      into[key] = wanted;
    }
  }
}

// The members of the service's section; those of the route and the short forms are spelled out.
base::Result<object> section_of(const object& body) {
  object out;
  for (const auto& [key, wanted] : body) {
    const std::string_view word = key;
    if (is_one_of(word, kSections) || word == "discovery") out[key] = wanted;
  }
  if (const value* endpoints = body.if_contains("endpoints")) {
    if (body.contains("discovery")) return refuse("endpoints", "discovery says where they are");
    if (endpoints->is_null()) return refuse("endpoints", "a service needs some");
    WEIR_TRY(value source, static_source(*endpoints));
    out["discovery"] = base::json::array{std::move(source)};
  }
  if (const value* algorithm = body.if_contains("algorithm")) {
    value& balance = out["balance"];
    if (balance.is_null()) balance = object();
    if (!balance.is_object()) return refuse("balance", "not an object");
    if (balance.get_object().contains("algorithm")) {
      return refuse("algorithm", "balance.algorithm says another");
    }
    balance.get_object()["algorithm"] = *algorithm;
  }
  return out;
}

// The route's members of a body, as weir.yaml has them; null where they are to end.
object route_of(const object& body) {
  object match;
  object out;
  for (const auto& [key, wanted] : body) {
    const std::string_view word = key;
    if (word == "path" || word == "host") match[key] = wanted;
    if (word == "strip_prefix") out[key] = wanted;
  }
  if (!match.empty()) out["match"] = std::move(match);
  return out;
}

void add_leaves(std::vector<config::OverlayEdit>& out, const std::string& key,
                const value& wanted) {
  if (const object* inner = wanted.if_object(); inner != nullptr && !inner->empty()) {
    for (const auto& [name, below] : *inner) {
      add_leaves(out, fmt::format("{}.{}", key, std::string_view(name)), below);
    }
    return;
  }
  out.push_back({key, wanted.is_null() ? std::nullopt : std::optional(base::to_text(wanted))});
}

// A member's name that has a dot or nothing in it would be another key.
base::Result<void> check_names(const value& wanted) {
  if (const auto* list = wanted.if_array()) {
    for (const value& each : *list) {
      WEIR_CHECK(check_names(each));
    }
  }
  const object* inner = wanted.if_object();
  if (inner == nullptr) return {};
  for (const auto& [name, below] : *inner) {
    const std::string_view word = name;
    if (word.empty() || word.contains('.')) return refuse(word.substr(0, 64), "no such member");
    WEIR_CHECK(check_names(below));
  }
  return {};
}

base::Result<object> parsed_object(const std::string& text) {
  if (text.empty()) return object();
  WEIR_TRY(value parsed, base::parse_json(text));
  if (!parsed.is_object()) return object();
  return std::move(parsed.get_object());
}

}  // namespace

base::Result<Registration> read_registration(std::string_view body) {
  WEIR_TRY(const object wanted, object_of(body, true));
  const value* name = wanted.if_contains("name");
  if (name == nullptr || !name->is_string()) return refuse("name", "missing, or not a text");
  Registration out{.name = std::string(std::string_view(name->get_string())), .edits = {}};
  if (const auto read = config::kName.read(out.name); !read) {
    return refuse("name", fmt::format("'{}' is not {} (small letters, digits and dashes, at most "
                                      "63)",
                                      out.name.substr(0, 64), config::kName.expected));
  }
  if (!wanted.contains("endpoints") && !wanted.contains("discovery")) {
    return refuse("endpoints",
                  "missing: where does the service answer? Such as "
                  "[\"10.0.0.7:8080\"]");
  }
  WEIR_TRY(const object section, section_of(wanted));
  WEIR_CHECK(check_names(section));
  out.edits.push_back({"services." + out.name, base::to_text(section)});
  object route = route_of(wanted);
  if (route.empty()) return out;
  if (!wanted.contains("path")) return refuse("path", "missing: which requests go there?");
  route["service"] = out.name;
  out.edits.push_back({"routes." + out.name, base::to_text(route)});
  return out;
}

base::Result<std::vector<config::OverlayEdit>> read_service_change(std::string_view body,
                                                                   const std::string& name,
                                                                   const Registered& now) {
  WEIR_TRY(const object wanted, object_of(body, false));
  if (wanted.empty()) return refuse("body", "nothing to change");
  WEIR_TRY(const object section, section_of(wanted));
  WEIR_CHECK(check_names(section));
  const object route = route_of(wanted);
  std::vector<config::OverlayEdit> out;
  if (!now.is) {
    if (section.contains("discovery") || !route.empty()) {
      return base::fail(base::Errc::conflict,
                        fmt::format("where {} is and which requests go there is said by the "
                                    "configuration file: change it there, then weir reload",
                                    name));
    }
    for (const auto& [key, below] : section) {
      add_leaves(out, fmt::format("services.{}.{}", name, std::string_view(key)), below);
    }
    return out;
  }
  WEIR_TRY(object definition, parsed_object(now.definition));
  merge(definition, section);
  out.push_back({"services." + name, base::to_text(definition)});
  if (route.empty()) return out;
  WEIR_TRY(object changed, parsed_object(now.route));
  merge(changed, route);
  const value* match = changed.if_contains("match");
  const bool has_path =
      match != nullptr && match->is_object() && match->get_object().contains("path");
  if (!has_path) {
    const bool is_end = wanted.contains("path") && wanted.at("path").is_null();
    if (!is_end) return refuse("path", "missing: it has no route yet");
    out.push_back({"routes." + name, std::nullopt});
    return out;
  }
  changed["service"] = name;
  out.push_back({"routes." + name, base::to_text(changed)});
  return out;
}

}  // namespace weir::admin
