// Reader: texts, addresses, and lists and maps of them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "config/reader.hpp"
#include "config/scalar_text.hpp"

namespace weir::config {

void Reader::refuse_type(const Node& node, std::string_view key, std::string_view what,
                         const Fault* fault) {
  const bool scalar = node.shape == Shape::scalar && core_type(node) != Core::null;
  std::string meant;
  if (scalar) meant = fault == nullptr ? fmt::format("\"{}\"", node.text) : fault->suggestion;
  expected(node, key, what, meant);
}

void Reader::text(const Row& row, std::string& value, const TextRule& rule) {
  if (const Node* node = take(row)) read_value(*node, row.key, rule.expected, rule.read, value);
}

void Reader::secret(const Row& row, std::string& value, SecretPlace& from, const TextRule& rule) {
  const Node* node = take(row);
  if (node == nullptr) return;
  if (node->shape == Shape::map && node->members.size() == 1) {
    read_secret_place(*node, row.key, from);
  } else if (node->shape == Shape::scalar && core_type(*node) == Core::text) {
    read_value(*node, row.key, rule.expected, rule.read, value);
  } else {
    problems_.error(node->place, fmt::format("{}: expected {}, {{ env: NAME }} or {{ file: PATH }}",
                                             row.key, rule.expected));
  }
}

void Reader::read_secret_place(const Node& map, std::string_view key, SecretPlace& from) {
  constexpr std::array<std::string_view, 2> kKinds = {"env", "file"};
  const Member& member = map.members.front();
  const bool is_file = member.key == "file";
  if (!is_file && member.key != "env") {
    return problems_.error(member.place, fmt::format("{}: expected env or file", key),
                           suggest(member.key, kKinds));
  }
  if (member.value.shape == Shape::faulty) return;
  const TextRule& rule = is_file ? kFile : kVariableName;
  const bool is_text = member.value.shape == Shape::scalar && core_type(member.value) == Core::text;
  auto name = rule.read(is_text ? member.value.text : std::string());
  if (!is_text || !name) {
    return problems_.error(member.value.place,
                           fmt::format("{}: expected {}", member.key,
                                       is_file ? "the name of a file that holds it"
                                               : "the name of a variable, such as DATABASE_URL"));
  }
  from = {is_file ? SecretPlace::Kind::file : SecretPlace::Kind::variable, *std::move(name)};
}

std::vector<std::string> Reader::read_items(const Node& list, std::string_view key,
                                            const TextRule& rule) {
  std::vector<std::string> values;
  for (const Node& item : list.items) {
    std::string value;
    if (read_value(item, key, rule.expected, rule.read, value)) values.push_back(std::move(value));
  }
  return values;
}

void Reader::texts(const Row& row, std::vector<std::string>& values, const TextRule& rule) {
  const Node* node = take_list(row);
  if (node == nullptr) return;
  values = read_items(*node, row.key, rule);
  if (node->items.empty() && row.presence == Presence::required) refuse_empty(*node, row.key);
}

void Reader::argument_lists(const Row& row, std::vector<std::vector<std::string>>& lists) {
  const Node* node = take_list(row);
  if (node == nullptr) return;
  for (const Node& item : node->items) {
    if (item.shape == Shape::list) {
      lists.push_back(read_items(item, row.key, kArgument));
    } else {
      expected(item, row.key, "a list of arguments for one child",
               item.shape == Shape::scalar ? fmt::format("[{}]", item.text) : std::string());
    }
  }
}

template <class Add>
void Reader::read_pairs(const Node& map, const TextRule& name_rule, const TextRule& value_rule,
                        Add add) {
  for (const Member& member : map.members) {
    const Parsed<std::string> name = name_rule.read(member.key);
    if (!name) problems_.error(member.place, name.error());
    std::string value;
    const bool read =
        read_value(member.value, clipped(member.key), value_rule.expected, value_rule.read, value);
    if (name && read) add(member, *name, std::move(value));
  }
}

void Reader::variables(const Row& row, std::vector<Variable>& variables) {
  const Node* node = take_map(row);
  if (node == nullptr) return;
  read_pairs(*node, kVariableName, kArgument, [&](const Member&, std::string name, std::string v) {
    variables.push_back({std::move(name), std::move(v)});
  });
}

void Reader::headers(const Row& row, std::vector<Header>& headers) {
  const Node* node = take_map(row);
  if (node == nullptr) return;
  std::set<std::string> seen;  // lower case: x-a and X-A are one field
  read_pairs(*node, kHeaderName, kHeaderValue,
             [&](const Member& member, std::string name, std::string value) {
               std::string folded = name;
               std::ranges::transform(folded, folded.begin(), base::ascii_lower);
               if (!seen.insert(folded).second) {
                 problems_.error(member.place, fmt::format("'{}' is here a second time: case makes "
                                                           "no difference in a field name",
                                                           clipped(name)));
               }
               headers.push_back({std::move(name), std::move(value)});
             });
}

namespace {

// Seconds or a date, RFC 9110, section 10.2.3.
bool is_retry_after(std::string_view text) {
  return base::parse_uint(text) || (text.ends_with(" GMT") && text.contains(", "));
}

bool is_retry_after_field(std::string_view name) {
  return base::equals_ignore_case(name, "retry-after");
}

}  // namespace

void Reader::answer_headers(const Row& row, StaticAnswer& answer) {
  headers(row, answer.headers);
  std::erase_if(answer.headers, [&](const Header& header) {
    const bool is_auto = is_retry_after_field(header.name) && header.value == "auto";
    answer.retry_after_auto |= is_auto;
    return is_auto;
  });
  const Node* node = node_.find(row.key);
  if (node == nullptr) return;
  for (const Member& member : node->members) {
    const Node& value = member.value;
    if (!is_retry_after_field(member.key) || core_type(value) != Core::text) continue;
    if (value.shape != Shape::scalar || value.text == "auto" || is_retry_after(value.text))
      continue;
    const auto time = base::parse_duration(value.text);
    const bool is_time = time && *time >= std::chrono::seconds(1);
    expected(value, member.key, "auto, seconds such as \"30\", or a date",
             is_time ? fmt::format("\"{}\"", *time / std::chrono::seconds(1)) : "auto");
  }
}

void Reader::hash_key(const Row& row, HashKey& value) {
  const Node* node = take(row);
  if (node == nullptr) return;
  read_value(*node, row.key, "client_ip, path, header:NAME or cookie:NAME", parse_hash_key, value);
}

void Reader::bind(const Row& row, Address& value) {
  const Node* node = take(row);
  if (node == nullptr) return;
  read_value(*node, row.key, "an address such as 127.0.0.1:8080", parse_bind, value);
}

void Reader::cidrs(const Row& row, std::vector<Cidr>& values) {
  const Node* node = take_list(row);
  if (node == nullptr) return;
  for (const Node& item : node->items) {
    Cidr value;
    if (read_value(item, row.key, "an address range such as 10.0.0.0/8", parse_cidr, value)) {
      values.push_back(value);
    }
  }
}

}  // namespace weir::config
