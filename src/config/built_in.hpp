#pragma once
// The configuration of `weir up`: a text like any other file, so that `weir up --print-config`
// prints a working example to start from.

#include <string>

namespace weir::config {

struct BuiltInOptions {
  std::string gateway = "127.0.0.1:8080";  ///< as in `bind:`; checked when the text is loaded
  std::string admin = "127.0.0.1:9900";
};

/// The YAML text, with comments. Loads without problems and warnings if the addresses do.
std::string built_in_text(const BuiltInOptions& options = {});

}  // namespace weir::config
