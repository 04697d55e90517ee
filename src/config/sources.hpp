#pragma once
// Sources: where each value of Settings is from.
//
// It keeps the tree that the settings were read from. A value that the tree has not is a default.
// What is laid under or over the file (environment variables, the overlay) is in the tree, too, and
// its places say which layer it is of.

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.hpp"

namespace weir::config {

class Sources {
 public:
  Sources(std::string file, Node root, std::vector<std::string> layers)
      : file_(std::move(file)), root_(std::move(root)), layers_(std::move(layers)) {}

  const Node& root() const noexcept { return root_; }

  /// "weir.yaml:12:5", "environment PORT" or "default", of the value at a path of the file.
  std::string of(std::initializer_list<Step> path) const;
  /// The same without a column, of a value of the tree; nullptr: a default.
  std::string brief(const Node* written) const;

 private:
  std::string layer(Place place) const;

  std::string file_;
  Node root_;
  std::vector<std::string> layers_;  // of Place::layer 1 and on
};

/// The sources of a service as the settings have them: processes, then one list of all static
/// endpoints (each a map), then those of dns, then docker.
Node joined_discovery(const Node& discovery);

/// The item of a list, or nullptr; `list` may be nullptr.
const Node* item_of(const Node* list, std::size_t index) noexcept;
/// The value of a header field or variable: field names differ in nothing but case.
const Node* field_of(const Node* map, std::string_view name) noexcept;

}  // namespace weir::config
