#pragma once
// Effective: Settings as a file that says everything, defaults included.
//
// What it prints loads again to equal Settings, without problems (the fuzzer checks it for every
// text that loads), but for passwords, which are printed as ***. It holds nothing of the original
// layout, and no comment but, if asked, where each value is from.

#include <string>
#include <string_view>

#include "config/settings.hpp"
#include "config/sources.hpp"

namespace weir::config {

/// YAML, block style, keys in the order of schema.hpp. With the sources of the same load, each
/// value's line ends in where it is from: `# weir.yaml:12`, `# environment PORT`, `# default`.
std::string to_yaml(const Settings& settings, const Sources* sources = nullptr);

/// `text` as one YAML scalar that is read back as this text: plain if that is safe for readers of
/// YAML 1.1 and 1.2, else in double quotes.
std::string yaml_scalar(std::string_view text);

}  // namespace weir::config
