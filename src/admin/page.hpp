#pragma once
// Page: which part of a list is asked for, the same way on every path. Pure.
//
//   lists      ?limit=1..1000&offset=N    → limit, offset, total, nextOffset (null: the last page)
//   records    ?limit=1..1000&before=ID   → nextBefore (null: nothing older); newest first
//
// A value that is no such number is an error that names its parameter; none is bent into range.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "base/result.hpp"

namespace weir::admin {

/// Larger answers would hold the admin lane for milliseconds.
inline constexpr std::int64_t kPageMax = 1'000;
/// Of records, which are many. Lists come whole as far as they may.
inline constexpr std::int64_t kRecordsPage = 100;
inline constexpr std::int64_t kOffsetMax = std::int64_t{1} << 40;
/// Of a record's id.
inline constexpr std::int64_t kIdMax = std::int64_t{1} << 62;

struct Page {
  std::size_t limit = static_cast<std::size_t>(kPageMax);
  std::size_t offset = 0;

  bool holds(std::size_t index) const noexcept { return index >= offset && index - offset < limit; }
};

inline constexpr Page kWholeList{.limit = static_cast<std::size_t>(-1), .offset = 0};

/// A whole number of the query string. Fails: invalid_argument, naming `key`.
base::Result<std::int64_t> number_in(std::string_view query, std::string_view key,
                                     std::int64_t least, std::int64_t most, std::int64_t absent);

/// `limit` and `offset`. Fails: invalid_argument.
base::Result<Page> page_in(std::string_view query);

/// What says where a list's page lies.
void add_page(base::json::object& out, const Page& page, std::size_t total);
/// Leaves of the whole list in `out[name]` what the page holds, and says so.
void cut_to_page(base::json::object& out, std::string_view name, const Page& page);

}  // namespace weir::admin
