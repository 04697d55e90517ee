#include "config/effective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/text.hpp"
#include "config/mask.hpp"
#include "config/node.hpp"
#include "config/scalar_text.hpp"
#include "config/schema.hpp"

namespace weir::config {
namespace {

// The visitor that prints; rows: schema.hpp.
class Printer {
 public:
  std::string take() { return std::move(out_); }

  void boolean(const Row& row, bool& value) { line(row.key, value ? "true" : "false"); }
  void count(const Row& row, std::uint32_t& value, CountRange) {
    line(row.key, std::to_string(value));
  }
  void one_of(const Row& row, std::uint32_t& value, std::span<const std::uint32_t>) {
    line(row.key, std::to_string(value));
  }
  void port(const Row& row, std::uint16_t& value) { line(row.key, std::to_string(value)); }
  void size(const Row& row, std::uint64_t& value, SizeRange) {
    line(row.key, value == 0 ? "0" : base::format_bytes(value));
  }
  void rate(const Row& row, std::uint64_t& value) {
    line(row.key, base::format_bytes(value) + "/s");
  }
  void duration(const Row& row, Duration& value, TimeRange) {
    if (!is_none(row, value == Duration{})) line(row.key, base::format_duration(value));
  }
  void share(const Row& row, double& value, RealRange) {
    if (!is_none(row, value == 0)) line(row.key, share_text(value));
  }
  void per_second(const Row& row, double& value, RealRange) {
    line(row.key, per_second_text(value));
  }
  void real(const Row& row, double& value, RealRange) {
    if (!is_none(row, value == 0)) line(row.key, decimal_text(value));
  }
  void causes(const Row& row, balance::CauseSet& value, std::string_view) {
    std::string out = "[";
    for (const std::string_view word : cause_words(value)) {
      if (out.size() > 1) out += ", ";
      out += is_status_word(word) ? std::string(word) : yaml_scalar(word);
    }
    line(row.key, out + "]");
  }
  template <class Enum>
  void choice(const Row& row, Enum& value, const Choices& choices) {
    line(row.key, choices.names[static_cast<std::size_t>(value)]);
  }
  template <class Enum>
  void choices(const Row& row, std::vector<Enum>& values, const Choices& choices) {
    if (row.presence == Presence::optional && values.empty()) return;
    std::vector<std::string> words;
    for (const Enum value : values) {
      words.emplace_back(choices.names[static_cast<std::size_t>(value)]);
    }
    line(row.key, flow_list(words));
  }

  void text(const Row& row, std::string& value, const TextRule&) {
    if (row.presence != Presence::optional || !value.empty()) line(row.key, yaml_scalar(value));
  }
  void secret(const Row& row, std::string& value, SecretPlace& from, const TextRule&) {
    if (from.kind != SecretPlace::Kind::here) {
      const bool is_file = from.kind == SecretPlace::Kind::file;
      line(row.key, fmt::format("{{ {}: {} }}", is_file ? "file" : "env", yaml_scalar(from.name)));
    } else if (!value.empty()) {
      line(row.key, yaml_scalar(masked(value)));
    }
  }
  void texts(const Row& row, std::vector<std::string>& values, const TextRule&) {
    line(row.key, flow_list(values));
  }
  void argument_lists(const Row& row, std::vector<std::vector<std::string>>& lists) {
    if (lists.empty()) return line(row.key, "[]");
    open(row.key);
    for (const auto& list : lists) item(flow_list(list));
    close();
  }
  void variables(const Row& row, std::vector<Variable>& variables) { pairs(row.key, variables); }
  void headers(const Row& row, std::vector<Header>& headers) { pairs(row.key, headers); }
  void answer_headers(const Row& row, StaticAnswer& answer) {
    std::vector<Header> headers = answer.headers;
    if (answer.retry_after_auto) headers.insert(headers.begin(), {"retry-after", "auto"});
    pairs(row.key, headers);
  }
  void hash_key(const Row& row, HashKey& value) {
    const bool is_absent = value.source == HashKey::Source::none;
    if (!is_absent) line(row.key, yaml_scalar(to_text(value)));
  }
  void bind(const Row& row, Address& value) { line(row.key, yaml_scalar(to_text(value))); }
  void endpoint(const Row& row, Address& value) { line(row.key, yaml_scalar(to_text(value))); }
  void cidrs(const Row& row, std::vector<Cidr>& values) {
    std::vector<std::string> words;
    for (const Cidr& value : values) words.push_back(to_text(value));
    line(row.key, flow_list(words));
  }

  void discovery(const Row& row, Service& service) {
    std::vector<DiscoverySource> sources;
    if (service.process) sources.push_back({.children = true});
    if (!service.endpoints.empty()) sources.push_back({.endpoints = service.endpoints});
    for (const DnsDiscovery& dns : service.dns) sources.push_back({.dns = dns});
    if (service.docker) sources.push_back({.docker = service.docker});
    list(row, sources);
  }
  void marker(const Row& row, bool& present) {
    if (present) line(row.key, "{}");
  }
  void endpoints(const Row& row, std::vector<Endpoint>& endpoints) {
    if (!endpoints.empty()) list(row, endpoints);
  }
  void later(std::span<const std::string_view>, std::string_view) {}

  template <class T>
  void section(const Row& row, T& value) {
    open(row.key);
    const std::size_t empty = out_.size();
    describe(*this, value);
    close();
    if (out_.size() == empty) out_.insert(empty - 1, " {}");  // every key was absent
  }
  template <class T>
  void optional_section(const Row& row, std::optional<T>& value) {
    if (value) section(row, *value);
  }
  template <class T>
  void named(const Row& row, std::vector<T>& values) {
    if (values.empty()) return line(row.key, "{}");
    open(row.key);
    for (T& value : values) {
      const std::string key = yaml_scalar(value.name);  // "no" and "null" are names, too
      section({key, {}}, value);
    }
    close();
  }
  template <class T>
  void list(const Row& row, std::vector<T>& values) {
    if (values.empty()) return line(row.key, "[]");
    open(row.key);
    for (T& value : values) {
      dash_ = true;  // the first key of the entry stands beside its dash
      ++depth_;
      describe(*this, value);
      --depth_;
    }
    close();
  }

 private:
  // An optional number is absent when it is 0.
  static bool is_none(const Row& row, bool is_zero) {
    return is_zero && row.presence == Presence::optional;
  }
  void indent() {
    out_.append(2 * (depth_ - (dash_ ? 1 : 0)), ' ');
    if (dash_) out_ += "- ";
    dash_ = false;
  }
  void line(std::string_view key, std::string_view value) {
    indent();
    out_ += fmt::format("{}: {}\n", key, value);
  }
  void item(std::string_view value) {
    indent();
    out_ += fmt::format("- {}\n", value);
  }
  void open(std::string_view key) {
    indent();
    out_ += fmt::format("{}:\n", key);
    ++depth_;
  }
  void close() { --depth_; }

  static std::string flow_list(const std::vector<std::string>& values) {
    std::string out = "[";
    for (const std::string& value : values) {
      if (out.size() > 1) out += ", ";
      out += yaml_scalar(value);
    }
    return out + "]";
  }
  template <class Pair>
  void pairs(std::string_view key, const std::vector<Pair>& values) {
    if (values.empty()) return line(key, "{}");
    open(key);
    for (const Pair& pair : values) line(yaml_scalar(pair.name), yaml_scalar(pair.value));
    close();
  }

  std::string out_;
  std::size_t depth_ = 0;
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

std::string to_yaml(const Settings& settings) {
  Settings copy = settings;  // visitors take members by reference, whether they write or not
  Printer printer;
  describe(printer, copy);
  return printer.take();
}

}  // namespace weir::config
