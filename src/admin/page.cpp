#include "admin/page.hpp"

#include <fmt/format.h>

#include "admin/admin_handler.hpp"
#include "base/text.hpp"

namespace weir::admin {

base::Result<std::int64_t> number_in(std::string_view query, std::string_view key,
                                     std::int64_t least, std::int64_t most, std::int64_t absent) {
  const auto text = query_parameter(query, key);
  if (!text) return absent;
  const auto number = base::parse_uint(*text);
  if (number && *number >= static_cast<std::uint64_t>(least) &&
      *number <= static_cast<std::uint64_t>(most)) {
    return static_cast<std::int64_t>(*number);
  }
  return base::fail(base::Errc::invalid_argument,
                    fmt::format("{}: not a number from {} to {}", key, least, most));
}

base::Result<Page> page_in(std::string_view query) {
  WEIR_TRY(const std::int64_t limit, number_in(query, "limit", 1, kPageMax, kPageMax));
  WEIR_TRY(const std::int64_t offset, number_in(query, "offset", 0, kOffsetMax, 0));
  return Page{static_cast<std::size_t>(limit), static_cast<std::size_t>(offset)};
}

void add_page(base::json::object& out, const Page& page, std::size_t total) {
  out["total"] = total;
  out["limit"] = page.limit;
  out["offset"] = page.offset;
  out["nextOffset"] = nullptr;
  if (page.offset < total && total - page.offset > page.limit) {
    out["nextOffset"] = page.offset + page.limit;
  }
}

void cut_to_page(base::json::object& out, std::string_view name, const Page& page) {
  base::json::array all = std::move(out[name].as_array());
  const std::size_t total = all.size();
  base::json::array part;
  for (std::size_t i = page.offset; i < total && page.holds(i); ++i) {
    part.push_back(std::move(all[i]));
  }
  out[name] = std::move(part);
  add_page(out, page, total);
}

}  // namespace weir::admin
