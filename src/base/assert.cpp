#include "base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace weir::base {

void assert_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "weir: broken invariant at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace weir::base
