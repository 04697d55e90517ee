#pragma once
// Effective: Settings as a file that says everything, defaults included.
//
// What it prints loads again to equal Settings, without problems (the fuzzer checks it for every
// text that loads), but for passwords, which are printed as ***. It holds nothing of the original
// layout.

#include <string>
#include <string_view>

#include "config/settings.hpp"

namespace weir::config {

/// YAML, block style, keys in the order of schema.hpp.
std::string to_yaml(const Settings& settings);

/// `text` as one YAML scalar that is read back as this text: plain if that is safe for readers of
/// YAML 1.1 and 1.2, else in double quotes.
std::string yaml_scalar(std::string_view text);

}  // namespace weir::config
