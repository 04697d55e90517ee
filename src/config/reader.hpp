#pragma once
// Reader: the visitor that fills Settings from a tree of nodes (rows: schema.hpp).
//
// One Reader reads one map. A value that cannot be read is reported at its place and the default
// stays, so that reading goes on and one run shows every mistake. Invariants:
//   1. list and map entries of Settings correspond one to one, in order, to those of the file (an
//      entry that could not be read holds defaults): validate.cpp finds places by index.
//   2. a `faulty` node is passed over in silence: it was reported already.
// The bodies are in read_scalar.cpp (units, numbers, choices), read_policy.cpp (shares, rates,
// causes, keys), read_text.cpp (texts and lists of them), read_service.cpp (discovery) and
// reader.cpp (maps, unknown keys).

#include <optional>
#include <vector>

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/schema.hpp"

namespace weir::config {

class Reader {
 public:
  /// `node` may be of any shape: in what is no map every key is absent, and finish() reports it.
  /// Lifetime: all must outlive this object.
  Reader(const Node& node, std::string_view key, Problems& problems)
      : node_(node), key_(key), problems_(problems) {}

  void boolean(const Row& row, bool& value);
  void count(const Row& row, std::uint32_t& value, CountRange range);
  void one_of(const Row& row, std::uint32_t& value, std::span<const std::uint32_t> allowed);
  /// A port to connect to: not 0.
  void port(const Row& row, std::uint16_t& value);
  void size(const Row& row, std::uint64_t& value, SizeRange range);
  void rate(const Row& row, std::uint64_t& value);
  void duration(const Row& row, Duration& value, TimeRange range);
  /// "50%"; a share from 0 to 1.
  void share(const Row& row, double& value, RealRange range);
  /// "500/s"; `rate` is of bytes.
  void per_second(const Row& row, double& value, RealRange range);
  void real(const Row& row, double& value, RealRange range);
  /// `off`: what to write instead of an empty list.
  void causes(const Row& row, balance::CauseSet& value, std::string_view off);
  template <class Enum>
  void choice(const Row& row, Enum& value, const Choices& choices) {
    const Node* node = take(row);
    const auto index = node ? choice_index(*node, row.key, choices) : std::nullopt;
    if (index) value = static_cast<Enum>(*index);
  }
  template <class Enum>
  void choices(const Row& row, std::vector<Enum>& values, const Choices& choices) {
    const Node* node = take_list(row);
    if (node == nullptr) return;
    values.clear();
    if (node->items.empty()) refuse_empty(*node, row.key);
    for (const Node& item : node->items) {
      if (const auto i = choice_index(item, row.key, choices)) values.push_back(Enum(*i));
    }
  }

  void text(const Row& row, std::string& value, const TextRule& rule);
  /// A text of the rule, { env: NAME } or { file: PATH }. No message repeats what stands there.
  void secret(const Row& row, std::string& value, SecretPlace& from, const TextRule& rule);
  void texts(const Row& row, std::vector<std::string>& values, const TextRule& rule);
  void argument_lists(const Row& row, std::vector<std::vector<std::string>>& lists);
  void variables(const Row& row, std::vector<Variable>& variables);
  void headers(const Row& row, std::vector<Header>& headers);
  void answer_headers(const Row& row, StaticAnswer& answer);
  void hash_key(const Row& row, HashKey& value);
  void bind(const Row& row, Address& value);
  void cidrs(const Row& row, std::vector<Cidr>& values);
  void discovery(const Row& row, Service& service);
  void marker(const Row& row, bool& present);
  void endpoint(const Row& row, Address& address);
  void endpoints(const Row& row, std::vector<Endpoint>& endpoints);
  void later(std::span<const std::string_view> keys, std::string_view why);

  template <class T>
  void section(const Row& row, T& value) {
    if (const Node* node = take(row)) read_section(*node, row.key, value);
  }
  template <class T>
  void optional_section(const Row& row, std::optional<T>& value) {
    if (const Node* node = take(row)) read_section(*node, row.key, value.emplace());
  }
  /// A map from names to sections; T has a `name`.
  template <class T>
  void named(const Row& row, std::vector<T>& values) {
    const Node* node = take_map(row);
    if (node == nullptr) return;
    for (const Member& member : node->members) {
      T& value = values.emplace_back();
      value.name = member.key;
      check_name(member);
      read_section(member.value, member.key, value);
    }
  }
  template <class T>
  void list(const Row& row, std::vector<T>& values) {
    const Node* node = take_list(row);
    if (node == nullptr) return;
    for (const Node& item : node->items) read_section(item, row.key, values.emplace_back());
  }

  /// Reports the keys that no row asked for, or that this is no map. Call it last.
  void finish();

 private:
  template <class T>
  void read_section(const Node& node, std::string_view key, T& value) {
    Reader inner(node, key, problems_);
    describe(inner, value);
    inner.finish();
  }

  // The value of the row's key; nullptr if it is absent (reported if required) or faulty.
  const Node* take(const Row& row);
  const Node* take_list(const Row& row);
  const Node* take_map(const Row& row);
  void check_name(const Member& member);

  // One scalar through `parse`; false if it was reported. Text only: `no`, 8080 and ~ are none.
  template <class T>
  bool read_value(const Node& node, std::string_view key, std::string_view what,
                  Parsed<T> (*parse)(std::string_view), T& value) {
    if (node.shape == Shape::faulty) return false;
    Parsed<T> parsed = node.shape == Shape::scalar ? parse(node.text) : Parsed<T>(std::unexpect);
    if (core_type(node) != Core::text || node.shape != Shape::scalar) {
      refuse_type(node, key, what, parsed ? nullptr : &parsed.error());
      return false;
    }
    if (!parsed) {
      problems_.error(node.place, key, parsed.error());
      return false;
    }
    value = *std::move(parsed);
    return true;
  }
  void read_secret_place(const Node& map, std::string_view key, SecretPlace& from);
  // The items of a list that could be read.
  std::vector<std::string> read_items(const Node& list, std::string_view key, const TextRule& rule);
  // The members of a map from names to texts: `add` gets each.
  template <class Add>
  void read_pairs(const Node& map, const TextRule& name_rule, const TextRule& value_rule, Add add);

  std::optional<std::size_t> choice_index(const Node& node, std::string_view key,
                                          const Choices& choices);
  std::optional<std::uint64_t> whole_number(const Node& node, std::string_view key);
  // Whether a node can be a value with a unit at all: `10`, `10s` and `"10s"` can. Reports if not.
  bool is_quantity(const Node& node, std::string_view key, std::string_view what);

  std::optional<balance::Cause> cause(const Node& node, std::string_view key);
  // Optional numbers are 0 when absent: a 0 that is written is told to be left out.
  void out_of_range(const Node& node, const Row& row, std::string_view min, std::string_view max);

  // `key: expected …, found …`; `fault`: what a parser made of the text, nullptr if it liked it.
  void refuse_type(const Node& node, std::string_view key, std::string_view what,
                   const Fault* fault);
  void expected(const Node& node, std::string_view key, std::string_view what,
                std::string_view suggestion = {});
  void refuse_empty(const Node& list, std::string_view key, std::string_view suggestion = {});

  const Node& node_;
  std::string_view key_;  // of the map itself, for messages
  Problems& problems_;
  std::vector<std::string_view> known_;
  std::vector<std::string_view> announced_;  // keys of a coming version that were reported
};

}  // namespace weir::config
