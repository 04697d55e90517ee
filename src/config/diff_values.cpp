#include "config/diff_values.hpp"

#include <algorithm>
#include <map>

#include "config/leaf_text.hpp"
#include "config/mask.hpp"
#include "config/problem.hpp"
#include "config/schema.hpp"

namespace weir::config {
namespace {

constexpr std::size_t kShownMax = 80;

// The visitor that lists the keys of a section; rows: schema.hpp.
class Listing : public LeafText<Listing> {
 public:
  std::vector<Value> take() { return std::move(values_); }

  void leaf(std::string_view key, std::string_view text) {
    values_.push_back({.key = path(key), .text = std::string(text)});
  }
  void pairs_begin(std::string_view key) { enter(key); }
  void pair(std::string_view name, std::string_view text) {
    const bool is_hidden = prefix_ == "process.environment.";
    values_.push_back({.key = path(name), .text = std::string(text), .is_hidden = is_hidden});
  }
  void pairs_end() { leave(); }
  void lists_begin(std::string_view key) { values_.push_back({.key = path(key), .text = "["}); }
  void argument_list(std::string_view text) {
    std::string& list = values_.back().text;
    if (list.size() > 1) list += ", ";
    list += text;
  }
  void lists_end() { values_.back().text += "]"; }

  // These are compared by what they are, not by what the file says (diff.cpp).
  void discovery(const Row&, Service&) {}
  void section(const Row&, Match&) {}

  template <class T>
  void section(const Row& row, T& value) {
    enter(row.key);
    describe(*this, value);
    leave();
  }
  template <class T>
  void optional_section(const Row& row, std::optional<T>& value) {
    if (!value) return;
    values_.push_back({.key = path(row.key), .text = {}, .is_section = true});
    section(row, *value);
  }

 private:
  std::string path(std::string_view key) const { return prefix_ + std::string(key); }
  void enter(std::string_view key) {
    above_.push_back(prefix_.size());
    prefix_.append(key).append(".");
  }
  void leave() {
    prefix_.resize(above_.back());
    above_.pop_back();
  }

  std::vector<Value> values_;
  std::string prefix_;
  std::vector<std::size_t> above_;
};

template <class T>
std::vector<Value> listed(T copy) {  // visitors take members by reference
  Listing listing;
  describe(listing, copy);
  return listing.take();
}

using ByKey = std::map<std::string_view, const Value*>;

ByKey by_key(const std::vector<Value>& values) {
  ByKey out;
  for (const Value& value : values) out.emplace(value.key, &value);
  return out;
}

// Of the keys that only `values` have: adds them, or the section that holds them.
template <class Add>
void add_missing(const std::vector<Value>& values, const ByKey& other, Add add) {
  std::string_view inside;  // the section that was told last, with its dot
  std::string section;
  for (const Value& value : values) {
    if (other.contains(value.key)) continue;
    if (!inside.empty() && value.key.starts_with(inside)) continue;
    add(value);
    if (!value.is_section) continue;
    section = value.key + ".";
    inside = section;
  }
}

}  // namespace

std::vector<Value> values_of(const Service& service) { return listed(service); }
std::vector<Value> values_of(const Route& route) { return listed(route); }
std::vector<Value> values_of(const Listener& listener) { return listed(listener); }
std::vector<Value> values_of(const DnsDiscovery& dns) { return listed(dns); }
std::vector<Value> values_of(const DockerDiscovery& docker) { return listed(docker); }

std::string shown_text(std::string_view text) {
  const bool is_quoted = text.size() >= 2 && text.starts_with('"') && text.ends_with('"');
  if (is_quoted && !text.contains('\\')) text = text.substr(1, text.size() - 2);
  std::string safe = printable(masked(text));
  if (safe.size() <= kShownMax) return safe;
  return std::string(clipped(safe, kShownMax)) + "...";
}

std::vector<ValueChange> changes_of(const std::vector<Value>& before,
                                    const std::vector<Value>& after) {
  std::vector<ValueChange> out;
  const ByKey old = by_key(before);
  const auto shown = [](const Value& value) {
    return value.is_hidden ? std::string(kMask) : shown_text(value.text);
  };
  for (const Value& value : after) {
    const auto found = old.find(value.key);
    if (found == old.end() || found->second->text == value.text) continue;
    out.push_back({value.key, shown(*found->second), shown(value), {}});
  }
  add_missing(after, old, [&](const Value& value) {
    out.push_back({value.key, {}, shown(value), ValueChange::Kind::added});
  });
  add_missing(before, by_key(after), [&](const Value& value) {
    out.push_back({value.key, shown(value), {}, ValueChange::Kind::removed});
  });
  return out;
}

}  // namespace weir::config
