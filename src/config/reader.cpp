#include "config/reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace weir::config {
namespace {

// "bind:x" → "bind: x", "bind" → "bind: ..." if `bind` is known: the mark of a map was forgotten.
std::string as_member(std::string_view text, std::span<const std::string_view> known) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  if (std::ranges::find(known, text.substr(0, colon)) == known.end()) return {};
  const std::string_view value = text.substr(std::min(colon + 1, text.size()));
  return fmt::format("{}: {}", text.substr(0, colon), value.empty() ? "..." : value);
}

// "weir lab" → "[weir, lab]".
std::string as_list(std::string_view text) {
  std::string out = "[";
  const bool has_commas = text.contains(',');
  for (const char c : text) {
    if (c == ' ' && !has_commas) out += ',';
    out += c;
  }
  return out + "]";
}

}  // namespace

const Node* Reader::take(const Row& row) {
  known_.push_back(row.key);
  const Node* node = node_.find(row.key);
  if (node == nullptr) {
    // What is no map at all was reported as such.
    const bool has_keys = node_.shape == Shape::map || node_.shape == Shape::null;
    if (row.presence == Presence::required && has_keys) {
      problems_.error(node_.place, fmt::format("{}: '{}' is missing", clipped(key_), row.key));
    }
    return nullptr;
  }
  return node->shape == Shape::faulty ? nullptr : node;
}

const Node* Reader::take_list(const Row& row) {
  const Node* node = take(row);
  if (node == nullptr) return nullptr;
  if (node->shape == Shape::scalar && core_type(*node) != Core::null) {
    expected(*node, row.key, "a list", as_list(node->text));
    return nullptr;
  }
  if (node->shape == Shape::map) {
    expected(*node, row.key, "a list of entries that begin with '- '");
    return nullptr;
  }
  if (node->items.size() > kListMax) {
    problems_.error(node->place, fmt::format("{}: more than {} entries", row.key, kListMax));
    return nullptr;
  }
  return node;
}

const Node* Reader::take_map(const Row& row) {
  const Node* node = take(row);
  if (node == nullptr) return nullptr;
  if (node->shape != Shape::map && core_type(*node) != Core::null) {
    expected(*node, row.key, "a map of names");
    return nullptr;
  }
  if (node->members.size() > kNamedMax) {
    problems_.error(node->place, fmt::format("{}: more than {} names", row.key, kNamedMax));
    return nullptr;
  }
  return node;
}

void Reader::check_name(const Member& member) {
  if (const auto name = kName.read(member.key); !name) problems_.error(member.place, name.error());
}

void Reader::expected(const Node& node, std::string_view key, std::string_view what,
                      std::string_view suggestion) {
  if (node.shape == Shape::faulty) return;
  const std::string text =
      fmt::format("{}: expected {}, found {}", clipped(key), what, found(node));
  problems_.error(node.place, text, suggestion);
}

void Reader::refuse_empty(const Node& list, std::string_view key, std::string_view suggestion) {
  problems_.error(list.place, fmt::format("{}: the list is empty", key), suggestion);
}

void Reader::finish() {
  if (node_.shape != Shape::map) {
    const bool is_empty = core_type(node_) == Core::null;
    if (!is_empty) expected(node_, key_, "a map of keys", as_member(node_.text, known_));
    return;
  }
  for (const Member& member : node_.members) {
    if (std::ranges::find(known_, member.key) != known_.end()) continue;
    if (std::ranges::find(announced_, member.key) != announced_.end()) continue;
    std::string meant = as_member(member.key, known_);
    if (meant.empty() && !problems_.crowded()) meant = suggest(member.key, known_);
    std::string text = fmt::format("unknown key '{}'", clipped(member.key));
    if (meant.empty()) text += fmt::format("; here are known: {}", list_words(known_));
    problems_.error(member.place, text, meant);
  }
}

}  // namespace weir::config
