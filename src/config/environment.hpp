#pragma once
// Environment: what variables say where the file says nothing.
//
//   PORT              port of admin.bind, on the default's address
//   DATABASE_URL      admin.store; without it PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE, if
//                     one of host and database is set
//   DOCKER_DISCOVERY  true: a service `backend`, discovered by BACKEND_LABEL (app=db-backend) and
//                     BACKEND_NETWORK, unless the file has a docker source or such a service
//   TOTAL_RECORDS     how many records the demo's data has (10000); no key of the file
//
// The values become part of the tree before it is read, as a layer of their own: they are checked
// like the file, a mistake names its variable, and Sources tells them apart. An empty variable is
// not set. Pure: nothing here asks the process.

#include <cstdint>
#include <string>

#include "config/node.hpp"
#include "config/problem.hpp"
#include "config/secret.hpp"

namespace weir::config {

inline constexpr std::uint64_t kTotalRecords = 10'000;
inline constexpr std::uint64_t kTotalRecordsMax = 100'000'000;

/// What no key of the file says.
struct Surroundings {
  std::uint64_t total_records = kTotalRecords;
  std::string total_records_from = "default";
};

/// Adds to `root` what the variables say and the file does not.
Surroundings apply_environment(Node& root, const Environment& environment, Problems& problems);

}  // namespace weir::config
