#pragma once
// The version of this build; the revision is set by CMake where git knows it.

#include <string_view>

namespace weir::app {

inline constexpr std::string_view kVersion = "0.1.0";
#ifdef WEIR_REVISION
inline constexpr std::string_view kRevision = WEIR_REVISION;
#else
inline constexpr std::string_view kRevision = "unknown";
#endif

}  // namespace weir::app
