#pragma once
// LocalClient: a blocking HTTP request from the command line, on a lane of its own.

#include <string>

#include "base/result.hpp"
#include "http/fetch.hpp"

namespace weir::app {

/// One request to `address` ("127.0.0.1:9900"). Fails: as http::fetch.
base::Result<http::Fetched> call(const std::string& address, http::FetchRequest request,
                                 base::Duration timeout);

}  // namespace weir::app
