#pragma once
// Leaf texts: the half of a visitor that turns each value into its text, as weir.yaml writes it
// (rows: schema.hpp). The other half, what a section is, belongs to `Derived`:
//   void leaf(std::string_view key, std::string_view text)     one key and its value
//   void pair(std::string_view name, std::string_view text)    one entry of a map of texts
//   void pairs_begin(key), pairs_end()                         around them
//   void argument_list(std::string_view text), lists_begin(key), lists_end()
// An optional value that is absent has no leaf.

#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "config/effective.hpp"
#include "config/mask.hpp"
#include "config/scalar_text.hpp"
#include "config/schema_row.hpp"

namespace weir::config {

/// "[a, b]": each item as one YAML scalar.
std::string flow_list(const std::vector<std::string>& values);
/// "[connect, 503]".
std::string causes_text(balance::CauseSet causes);
/// How a secret is written; empty if there is none. Passwords are masked.
std::string secret_text(const std::string& value, const SecretPlace& from);

template <class Derived>
class LeafText {
 public:
  void boolean(const Row& row, bool& value) { leaf(row, value ? "true" : "false"); }
  void count(const Row& row, std::uint32_t& value, CountRange) { leaf(row, std::to_string(value)); }
  void port(const Row& row, std::uint16_t& value) { leaf(row, std::to_string(value)); }
  void one_of(const Row& row, std::uint32_t& value, std::span<const std::uint32_t>) {
    leaf(row, std::to_string(value));
  }
  void size(const Row& row, std::uint64_t& value, SizeRange) {
    leaf(row, value == 0 ? "0" : base::format_bytes(value));
  }
  void rate(const Row& row, std::uint64_t& value) { leaf(row, base::format_bytes(value) + "/s"); }
  void duration(const Row& row, Duration& value, TimeRange) {
    if (!is_none(row, value == Duration{})) leaf(row, base::format_duration(value));
  }
  void share(const Row& row, double& value, RealRange) {
    if (!is_none(row, value == 0)) leaf(row, share_text(value));
  }
  void per_second(const Row& row, double& value, RealRange) { leaf(row, per_second_text(value)); }
  void real(const Row& row, double& value, RealRange) {
    if (!is_none(row, value == 0)) leaf(row, decimal_text(value));
  }
  void causes(const Row& row, balance::CauseSet& value, std::string_view) {
    leaf(row, causes_text(value));
  }
  template <class Enum>
  void choice(const Row& row, Enum& value, const Choices& choices) {
    leaf(row, choices.names[static_cast<std::size_t>(value)]);
  }
  template <class Enum>
  void choices(const Row& row, std::vector<Enum>& values, const Choices& choices) {
    if (is_none(row, values.empty())) return;
    std::vector<std::string> words;
    for (const Enum value : values) {
      words.emplace_back(choices.names[static_cast<std::size_t>(value)]);
    }
    leaf(row, flow_list(words));
  }
  void text(const Row& row, std::string& value, const TextRule&) {
    if (!is_none(row, value.empty())) leaf(row, yaml_scalar(value));
  }
  void secret(const Row& row, std::string& value, SecretPlace& from, const TextRule&) {
    const std::string text = secret_text(value, from);
    if (!text.empty()) leaf(row, text);
  }
  void texts(const Row& row, std::vector<std::string>& values, const TextRule&) {
    leaf(row, flow_list(values));
  }
  void hash_key(const Row& row, HashKey& value) {
    const bool is_absent = value.source == HashKey::Source::none;
    if (!is_absent) leaf(row, yaml_scalar(to_text(value)));
  }
  void bind(const Row& row, Address& value) { leaf(row, yaml_scalar(to_text(value))); }
  void endpoint(const Row& row, Address& value) { leaf(row, yaml_scalar(to_text(value))); }
  void cidrs(const Row& row, std::vector<Cidr>& values) {
    std::vector<std::string> words;
    for (const Cidr& value : values) words.push_back(to_text(value));
    leaf(row, flow_list(words));
  }

  void variables(const Row& row, std::vector<Variable>& variables) { pairs(row, variables); }
  void headers(const Row& row, std::vector<Header>& headers) { pairs(row, headers); }
  void answer_headers(const Row& row, StaticAnswer& answer) {
    std::vector<Header> headers = answer.headers;
    if (answer.retry_after_auto) headers.insert(headers.begin(), {"retry-after", "auto"});
    pairs(row, headers);
  }
  void argument_lists(const Row& row, std::vector<std::vector<std::string>>& lists) {
    if (lists.empty()) return leaf(row, "[]");
    self().lists_begin(row.key);
    for (const auto& list : lists) self().argument_list(flow_list(list));
    self().lists_end();
  }
  void later(std::span<const std::string_view>, std::string_view) {}

 private:
  friend Derived;
  LeafText() = default;

  Derived& self() { return static_cast<Derived&>(*this); }
  void leaf(const Row& row, std::string_view text) { self().leaf(row.key, text); }
  static bool is_none(const Row& row, bool is_zero) {
    return is_zero && row.presence == Presence::optional;
  }
  template <class Pair>
  void pairs(const Row& row, const std::vector<Pair>& values) {
    if (values.empty()) return leaf(row, "{}");
    self().pairs_begin(row.key);
    for (const Pair& pair : values) self().pair(pair.name, yaml_scalar(pair.value));
    self().pairs_end();
  }
};

}  // namespace weir::config
