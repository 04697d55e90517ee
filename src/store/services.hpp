#pragma once
// Services: the stable number of each service name. A number is given once and kept when the
// service is removed, so that a link or a script never comes to mean another service.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "db/connection.hpp"
#include "store/write.hpp"

namespace weir::store {

struct ServiceRow {
  std::int64_t number = 0;
  std::string name;
  std::string definition = "{}";  ///< JSON; {} for a service of the file
  std::int64_t created_at_ms = 0;
  std::int64_t updated_at_ms = 0;
  std::int64_t removed_at_ms = 0;  ///< 0: it is there
};

/// Adds a service or changes its definition; one that was removed is there again, with its number.
/// Fails: invalid_argument for a name of digits only (numbers name services too) or one that is
/// none, or a definition that is no JSON.
base::Result<Write> save_service(std::string_view name, std::string_view definition,
                                 std::int64_t at_ms);
/// The write fails with not_found when it is not there.
Write remove_service(std::string_view name, std::int64_t at_ms);

/// By name or by number, removed ones too.
base::Result<std::optional<ServiceRow>> find_service(db::Connection& connection,
                                                     std::string_view name_or_number);
/// By number.
base::Result<std::vector<ServiceRow>> list_services(db::Connection& connection,
                                                    bool with_removed = false);

}  // namespace weir::store
