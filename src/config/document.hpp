#pragma once
// Document: the text of one YAML file as a tree of nodes with places.
//
// A strict subset of YAML 1.2: one document; no anchors, aliases or tags; keys are plain or quoted
// text and stand once in their map; a quote is closed on its line (else a forgotten one would eat
// half of the file and be blamed on its last line; `|` holds longer text). What is left means the
// same to every reader of the file. The YAML library (all of it is in document.cpp) is used for its
// events only: nothing it throws passes this border, and its recursion ends at kDepthMax.

#include <cstddef>
#include <optional>
#include <string_view>

#include "config/node.hpp"
#include "config/problem.hpp"

namespace weir::config {

inline constexpr int kDepthMax = 32;               // weir's own files need 8
inline constexpr std::size_t kNodesMax = 200'000;  // about 40 MiB of nodes; 10,000 routes need half

/// Reads the text. Empty when the syntax is broken: then nothing else can be said about the file.
/// Otherwise the tree, with a problem reported for each value that is not in the subset (such a
/// value is `Shape::faulty`). An empty text is a null node. Never throws.
/// Cost: linear; 4 MiB take about a second.
std::optional<Node> parse_document(std::string_view text, Problems& problems);

}  // namespace weir::config
