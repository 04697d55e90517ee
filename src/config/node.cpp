#include "config/node.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace weir::config {
namespace {

constexpr std::array<std::string_view, 5> kNulls = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 6> kBooleans = {"true",  "True",  "TRUE",
                                                       "false", "False", "FALSE"};

bool is_one_of(std::string_view text, std::span<const std::string_view> words) noexcept {
  return std::ranges::find(words, text) != words.end();
}

bool all_of(std::string_view text, std::string_view allowed) noexcept {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view kDigits = "0123456789";

bool is_integer(std::string_view text) noexcept {
  if (text.starts_with("0o")) return all_of(text.substr(2), "01234567");
  if (text.starts_with("0x")) return all_of(text.substr(2), "0123456789abcdefABCDEF");
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return all_of(text, kDigits);
}

// [-+]? ( "." digits | digits [ "." digits? ] ) [ eE [-+]? digits ], or .inf, or .nan
bool is_real(std::string_view text) noexcept {
  if (is_one_of(text, std::array<std::string_view, 3>{".nan", ".NaN", ".NAN"})) return true;
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  if (is_one_of(text, std::array<std::string_view, 3>{".inf", ".Inf", ".INF"})) return true;
  if (const auto e = text.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view exponent = text.substr(e + 1);
    if (exponent.starts_with('-') || exponent.starts_with('+')) exponent.remove_prefix(1);
    if (!all_of(exponent, kDigits)) return false;
    text = text.substr(0, e);
  }
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return all_of(text, kDigits);
  const std::string_view whole = text.substr(0, dot), fraction = text.substr(dot + 1);
  if (whole.empty()) return all_of(fraction, kDigits);
  return all_of(whole, kDigits) && (fraction.empty() || all_of(fraction, kDigits));
}

struct Walk {
  const Node* node;
  Place key;
  bool complete;
};

// Goes down as far as the file does.
Walk walk(const Node& root, std::initializer_list<Step> path) noexcept {
  Walk at{&root, root.place, true};
  for (const Step& step : path) {
    const Node& node = *at.node;
    if (!step.key.empty()) {
      const Member* member = node.find_member(step.key);
      if (member == nullptr) return {at.node, at.key, false};
      at = {&member->value, member->place, true};
    } else if (node.shape == Shape::list && step.index < node.items.size()) {
      at = {&node.items[step.index], node.items[step.index].place, true};
    } else if (node.shape == Shape::map && step.index < node.members.size()) {
      const Member& member = node.members[step.index];
      at = {&member.value, member.place, true};
    } else {
      return {at.node, at.key, false};
    }
  }
  return at;
}

}  // namespace

const Member* Node::find_member(std::string_view key) const noexcept {
  for (const Member& member : members) {
    if (member.key == key) return &member;
  }
  return nullptr;
}

const Node* Node::find(std::string_view key) const noexcept {
  const Member* member = find_member(key);
  return member == nullptr ? nullptr : &member->value;
}

Core core_type(const Node& node) noexcept {
  if (node.shape == Shape::null) return Core::null;
  if (node.shape != Shape::scalar || node.quoted) return Core::text;
  if (is_one_of(node.text, kNulls)) return Core::null;
  if (is_one_of(node.text, kBooleans)) return Core::boolean;
  if (is_integer(node.text)) return Core::integer;
  return is_real(node.text) ? Core::real : Core::text;
}

std::string found(const Node& node) {
  if (node.shape == Shape::list) return "a list";
  if (node.shape == Shape::map) return "a map";
  switch (core_type(node)) {
    case Core::null:
      return "nothing";
    case Core::boolean:
      return std::string(clipped(node.text));
    case Core::integer:
    case Core::real:
      return fmt::format("the number {}", clipped(node.text));
    case Core::text:
      break;
  }
  return fmt::format("'{}'", clipped(node.text));
}

bool is_written(const Node& root, std::initializer_list<Step> path) noexcept {
  return walk(root, path).complete;
}

Place place_of(const Node& root, std::initializer_list<Step> path) noexcept {
  return walk(root, path).node->place;
}

Place key_place_of(const Node& root, std::initializer_list<Step> path) noexcept {
  return walk(root, path).key;
}

}  // namespace weir::config
