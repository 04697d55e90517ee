#pragma once
// Pictures that tests compare with: files in golden/, for lines that are too wide for a source.
// After a meant change: WEIR_WRITE_GOLDEN=1 term_test, and read the difference.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace weir::term {

inline void expect_golden(const std::string& name, const std::string& text) {
  const auto path = std::filesystem::path(__FILE__).parent_path() / "golden" / (name + ".txt");
  if (std::getenv("WEIR_WRITE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream file(path);
  const std::string wanted{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, wanted) << path;
}

}  // namespace weir::term
