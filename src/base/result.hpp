#pragma once
// Result<T>: a value or an Error, and the macros that hand an error up.
//
// The macros are statements, not expressions: GCC 12 cannot do statement expressions in coroutines.
//   WEIR_TRY(auto size, parse_size(text));            // in a function that returns Result
//   WEIR_CO_TRY(auto count, co_await stream.read());  // in a Task<Result<...>>

#include <expected>
#include <utility>

#include "base/error.hpp"

namespace weir::base {

template <class T>
using Result = std::expected<T, Error>;

using Fail = std::unexpected<Error>;

/// `return fail(Errc::too_large, "head over 64 KiB");`
inline Fail fail(Errc code, std::string detail = {}, Origin origin = Origin::internal,
                 Retry retry = Retry::never) {
  return Fail(Error(code, std::move(detail), origin, retry));
}

}  // namespace weir::base

#define WEIR_CONCAT_INNER(a, b) a##b
#define WEIR_CONCAT(a, b) WEIR_CONCAT_INNER(a, b)
#define WEIR_TRY_INNER(temp, declaration, expression, ret) \
  auto temp = (expression);                                \
  if (!temp) [[unlikely]]                                  \
    ret ::weir::base::Fail(std::move(temp).error());       \
  declaration = std::move(*temp)
#define WEIR_TRY(declaration, ...) \
  WEIR_TRY_INNER(WEIR_CONCAT(weir_try_, __LINE__), declaration, (__VA_ARGS__), return)
#define WEIR_CO_TRY(declaration, ...) \
  WEIR_TRY_INNER(WEIR_CONCAT(weir_try_, __LINE__), declaration, (__VA_ARGS__), co_return)
#define WEIR_CHECK_INNER(temp, expression, ret) \
  auto temp = (expression);                     \
  if (!temp) [[unlikely]]                       \
  ret ::weir::base::Fail(std::move(temp).error())
/// For Result<void>.
#define WEIR_CHECK(...) WEIR_CHECK_INNER(WEIR_CONCAT(weir_check_, __LINE__), (__VA_ARGS__), return)
#define WEIR_CO_CHECK(...) \
  WEIR_CHECK_INNER(WEIR_CONCAT(weir_check_, __LINE__), (__VA_ARGS__), co_return)
