// Fuzzer of the configuration: any text loads or is refused with places, and what loads is printed
// as a file that loads to the same settings. Corpus: fuzz/config_fuzz/.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "config/effective.hpp"
#include "config/load.hpp"
#include "config/mask.hpp"

namespace {

void require(bool condition, const char* what, const std::string& text) {
  if (condition) return;
  std::fprintf(stderr, "%s\n%s\n", what, text.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace weir::config;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const LoadResult first = load_text(text, "fuzz.yaml");
  require((first.settings == nullptr) == !first.problems.empty(), "settings or problems", "");
  for (const Problem& problem : first.problems) {
    require(problem.line >= 1 && problem.column >= 1, "a problem has no place", problem.message);
  }
  if (first.settings == nullptr) return 0;
  const std::string printed = to_yaml(*first.settings);
  const LoadResult second = load_text(printed, "printed.yaml");
  require(second.settings != nullptr, to_text(second.problems).c_str(), printed);
  Settings expected = *first.settings;
  expected.admin.store = masked(expected.admin.store);
  require(*second.settings == expected, "printed settings differ", printed);
  return 0;
}
