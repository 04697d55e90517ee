#pragma once
// JSON Schema (2020-12) of weir.yaml, made from the rows of schema.hpp, for editors that complete
// and check while typing. `weir check` knows more: what keys must be together, and units' ranges.
// The result is kept in api/config.schema.json; a test compares the two.

#include <string>

namespace weir::config {

/// The whole schema, indented, ending in a newline.
std::string json_schema();

}  // namespace weir::config
