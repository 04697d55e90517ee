#pragma once
// Overlay: changes made at run time, laid over the file's tree before it is read, so that they are
// checked like the file and Sources tells them apart.
//
//   services.NAME             a service that was registered: its whole section
//   services.NAME.KEY(.KEY)*  one value of a service's section
//   routes.NAME               the route that was registered with the service NAME
//
// A value is JSON. An entry has ended when the file says something else at its key than it did when
// the entry was made, or when the service that it is about is gone. Pure.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/node.hpp"
#include "config/problem.hpp"

namespace weir::config {

struct OverlayEntry {
  std::string key;
  std::string value;   ///< JSON
  std::string file;    ///< written_text() of the key when the entry was made
  std::string origin;  ///< "run time, by alice": what Sources says of its values
};

/// One wish to change an entry.
struct OverlayEdit {
  std::string key;
  std::optional<std::string> value;  ///< JSON; nothing: what the file says again
};

struct OverlayOutcome {
  std::vector<std::string> ended;       ///< keys, in the order of the entries
  std::vector<std::string> registered;  ///< names of services
  /// What Sources is to say of the layers that were added, the first one first.
  std::vector<std::string> origins;
};

/// Whether the key is of one of the forms above.
bool is_overlay_key(std::string_view key) noexcept;

/// What the file's tree says at a key, on one line; empty: nothing.
std::string written_text(const Node& root, std::string_view key);

/// Lays the entries over `root`, in the order of their keys. An odd key or value is a problem.
OverlayOutcome apply_overlay(Node& root, std::span<const OverlayEntry> entries, Problems& problems);

}  // namespace weir::config
