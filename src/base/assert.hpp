#pragma once
// Invariant checks that stay on in every build. WEIR_ASSERT is for our own invariants only: nothing
// a peer, a file or a configuration can do may reach one (style.md, "Errors").

namespace weir::base {

/// Prints the failed condition and its place to stderr, then aborts.
[[noreturn]] void assert_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace weir::base

#define WEIR_ASSERT(condition)                       \
  (__builtin_expect(static_cast<bool>(condition), 1) \
       ? static_cast<void>(0)                        \
       : ::weir::base::assert_failed(#condition, __FILE__, __LINE__))
