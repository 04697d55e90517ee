#pragma once
// The man page weir(1), in the man macros of roff. Pure.

#include <string>
#include <string_view>

#include "term/word_tree.hpp"

namespace weir::term {

std::string man_page(const CommandWords& root, std::string_view version);

/// A text that roff prints as it stands.
std::string roff_escaped(std::string_view text);

}  // namespace weir::term
