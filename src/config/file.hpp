#pragma once
// File: reads whole files with blocking calls, and finds the name that was probably meant.

#include <cstddef>
#include <expected>
#include <initializer_list>
#include <string>
#include <string_view>

namespace weir::config {

/// The bytes, at most `bytes_max` + 1 of them: more means that the file is larger. Pipes are read
/// to their end. Fails: errno.
std::expected<std::string, int> read_file(const std::string& path, std::size_t bytes_max);

/// The same, but only of a regular file: a pipe or a device could block, or never end. Fails:
/// errno, or 0 when it is something else than a file.
std::expected<std::string, int> read_regular_file(const std::string& path, std::size_t bytes_max);

/// The path of the same folder whose name is nearest and ends in one of `suffixes` (none: in
/// anything). Empty if none is near.
std::string neighbour(const std::string& path, std::initializer_list<std::string_view> suffixes);

}  // namespace weir::config
