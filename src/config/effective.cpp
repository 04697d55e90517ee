#include "config/effective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/text.hpp"
#include "config/leaf_text.hpp"
#include "config/node.hpp"
#include "config/schema.hpp"
#include "config/sources.hpp"

namespace weir::config {
namespace {

// The visitor that prints; rows: schema.hpp. With sources it goes down the file's tree beside the
// settings, so that each line can say where its value is from.
class Printer : public LeafText<Printer> {
 public:
  explicit Printer(const Sources* sources)
      : sources_(sources), at_(sources == nullptr ? nullptr : &sources->root()) {}

  std::string take() { return std::move(out_); }

  void leaf(std::string_view key, std::string_view text) { line(key, text, child(key)); }
  void pairs_begin(std::string_view key) { open(key, child(key)); }
  void pair(std::string_view name, std::string_view text) {
    line(yaml_scalar(name), text, field_of(at_, name));
  }
  void pairs_end() { close(); }
  void lists_begin(std::string_view key) {
    open(key, child(key));
    next_list_ = 0;
  }
  void argument_list(std::string_view text) {
    indent();
    out_ += fmt::format("- {}", text);
    end_line(item_of(at_, next_list_++));
  }
  void lists_end() { close(); }

  void discovery(const Row& row, Service& service) {
    std::vector<DiscoverySource> sources;
    if (service.process) sources.push_back({.children = true});
    if (!service.endpoints.empty()) sources.push_back({.endpoints = service.endpoints});
    for (const DnsDiscovery& dns : service.dns) sources.push_back({.dns = dns});
    if (service.docker) sources.push_back({.docker = service.docker});
    const Node* written = child(row.key);
    if (written == nullptr) return list_at(row.key, nullptr, sources);
    const Node joined = joined_discovery(*written);
    list_at(row.key, &joined, sources);
  }
  void marker(const Row& row, bool& present) {
    if (present) leaf(row.key, "{}");
  }
  void endpoints(const Row& row, std::vector<Endpoint>& endpoints) {
    if (!endpoints.empty()) list(row, endpoints);
  }

  template <class T>
  void section(const Row& row, T& value) {
    section_at(row.key, child(row.key), value);
  }
  template <class T>
  void optional_section(const Row& row, std::optional<T>& value) {
    if (value) section(row, *value);
  }
  template <class T>
  void named(const Row& row, std::vector<T>& values) {
    if (values.empty()) return leaf(row.key, "{}");
    open(row.key, child(row.key));
    for (T& value : values) {
      const std::string key = yaml_scalar(value.name);  // "no" and "null" are names, too
      section_at(key, child(value.name), value);
    }
    close();
  }
  template <class T>
  void list(const Row& row, std::vector<T>& values) {
    list_at(row.key, child(row.key), values);
  }

 private:
  template <class T>
  void section_at(std::string_view key, const Node* written, T& value) {
    open(key, written);
    const std::size_t empty = out_.size();
    describe(*this, value);
    close();
    if (out_.size() == empty) out_.insert(empty - 1, " {}");  // every key was absent
  }
  template <class T>
  void list_at(std::string_view key, const Node* written, std::vector<T>& values) {
    if (values.empty()) return line(key, "[]", written);
    open(key, written);
    for (std::size_t i = 0; i < values.size(); ++i) {
      dash_ = true;  // the first key of the entry stands beside its dash
      ++depth_;
      above_.push_back(at_);
      at_ = item_of(at_, i);
      describe(*this, values[i]);
      at_ = above_.back();
      above_.pop_back();
      --depth_;
    }
    close();
  }

  const Node* child(std::string_view key) const {
    return at_ == nullptr ? nullptr : at_->find(key);
  }
  void indent() {
    out_.append(2 * (depth_ - (dash_ ? 1 : 0)), ' ');
    if (dash_) out_ += "- ";
    dash_ = false;
  }
  void line(std::string_view key, std::string_view value, const Node* written) {
    indent();
    out_ += fmt::format("{}: {}", key, value);
    end_line(written);
  }
  void end_line(const Node* written) {
    if (sources_ != nullptr) out_ += "  # " + sources_->brief(written);
    out_ += '\n';
  }
  void open(std::string_view key, const Node* written) {
    indent();
    out_ += fmt::format("{}:\n", key);
    ++depth_;
    above_.push_back(at_);
    at_ = written;
  }
  void close() {
    --depth_;
    at_ = above_.back();
    above_.pop_back();
  }

  const Sources* sources_;
  const Node* at_;  // what the file has here, or nullptr
  std::vector<const Node*> above_;
  std::string out_;
  std::size_t depth_ = 0;
  std::size_t next_list_ = 0;
  bool dash_ = false;
};

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDecimal = "0123456789";

bool is_made_of(std::string_view text, std::string_view a, std::string_view b) {
  return std::ranges::all_of(text, [&](char c) { return a.contains(c) || b.contains(c); });
}

// Words, paths and options ("web-server", "/app/", "--port"), and numbers with a unit ("2ms").
bool looks_like_text(std::string_view text) {
  if (text.empty()) return false;
  if (text.front() >= '1' && text.front() <= '9') return is_made_of(text, kLetters, kDecimal);
  const std::string_view word = text.substr(text.starts_with("--") ? 2 : 0);
  if (word.empty() || !(kLetters.contains(word.front()) || word.front() == '/')) return false;
  return is_made_of(word, kLetters, "0123456789_./-");
}

// Words that a reader of YAML 1.1 would take for booleans.
constexpr std::array<std::string_view, 6> kOldBooleans = {"y", "n", "yes", "no", "on", "off"};

}  // namespace

std::string yaml_scalar(std::string_view text) {
  const Node plain{.shape = Shape::scalar, .text = std::string(text)};
  const bool is_old_boolean = std::ranges::any_of(
      kOldBooleans, [&](auto word) { return base::equals_ignore_case(word, text); });
  if (looks_like_text(text) && !is_old_boolean && core_type(plain) == Core::text) {
    return std::string(text);
  }
  std::string out = "\"";
  base::append_json_escaped(out, text);
  return out + "\"";
}

std::string flow_list(const std::vector<std::string>& values) {
  std::string out = "[";
  for (const std::string& value : values) {
    if (out.size() > 1) out += ", ";
    out += yaml_scalar(value);
  }
  return out + "]";
}

std::string causes_text(balance::CauseSet causes) {
  std::string out = "[";
  for (const std::string_view word : cause_words(causes)) {
    if (out.size() > 1) out += ", ";
    out += is_status_word(word) ? std::string(word) : yaml_scalar(word);
  }
  return out + "]";
}

std::string secret_text(const std::string& value, const SecretPlace& from) {
  if (from.kind == SecretPlace::Kind::here) return value.empty() ? "" : yaml_scalar(masked(value));
  const bool is_file = from.kind == SecretPlace::Kind::file;
  return fmt::format("{{ {}: {} }}", is_file ? "file" : "env", yaml_scalar(from.name));
}

std::string to_yaml(const Settings& settings, const Sources* sources) {
  Settings copy = settings;  // visitors take members by reference, whether they write or not
  Printer printer(sources);
  describe(printer, copy);
  return printer.take();
}

}  // namespace weir::config
