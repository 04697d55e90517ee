#pragma once
// Scripts that complete the words of weir in a shell. Both hold the same tables and walk the line
// the same way; names of services and endpoints are asked of the running weir with
// `weir __complete KIND`. Pure.

#include <string>

#include "term/word_tree.hpp"

namespace weir::term {

std::string bash_completion(const CommandWords& root);
std::string zsh_completion(const CommandWords& root);

}  // namespace weir::term
