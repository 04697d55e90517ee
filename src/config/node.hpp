#pragma once
// Node: one value of a configuration file and where it stands.
//
// The tree keeps what people see: the text of every scalar as written, whether it was quoted, the
// order of the keys, and the place of every key and value. Types are not guessed while parsing;
// core_type() answers what YAML 1.2 says a scalar is (so `no` and `10:30` are text).

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"

namespace weir::config {

/// `faulty`: a problem was reported for this value already; readers pass over it in silence.
enum class Shape : std::uint8_t { null, scalar, list, map, faulty };

struct Member;

struct Node {
  Shape shape = Shape::null;
  bool quoted = false;  ///< '…', "…", | or >: always text
  std::string text;     ///< of a scalar
  Place place;          ///< of the value; of its key when the value is empty
  std::vector<Node> items;
  std::vector<Member> members;  ///< in the file's order, no key twice

  /// The value of `key`, or nullptr when this is no map or has no such key.
  const Node* find(std::string_view key) const noexcept;
  const Member* find_member(std::string_view key) const noexcept;
};

struct Member {
  std::string key;
  Place place;  ///< of the key
  Node value;
};

/// What a scalar is by the core schema of YAML 1.2 (section 10.3.2); text for a list or map.
enum class Core : std::uint8_t { null, boolean, integer, real, text };
Core core_type(const Node& node) noexcept;

/// "a list", "the number 8080", "nothing": what stands there, for "expected …, found …".
std::string found(const Node& node);

/// One step down: a key of a map or an index of a list (or of a map's members).
struct Step {
  Step(const char* name) : key(name) {}            // NOLINT: paths read as plain lists
  Step(std::string_view name) : key(name) {}       // NOLINT
  Step(std::size_t position) : index(position) {}  // NOLINT
  std::string_view key;
  std::size_t index = 0;
};

/// Whether the file itself says something at this path (a default has no place).
bool is_written(const Node& root, std::initializer_list<Step> path) noexcept;
/// The place of the value at the path, or of the deepest part of the path that the file has.
Place place_of(const Node& root, std::initializer_list<Step> path) noexcept;
/// The same for the key that leads to the value.
Place key_place_of(const Node& root, std::initializer_list<Step> path) noexcept;

}  // namespace weir::config
