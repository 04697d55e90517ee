#pragma once
// KeptClient: blocking calls to a running weir over one kept connection, for commands that ask
// again and again. A lane of its own, run only while a call is under way.

#include <memory>
#include <optional>
#include <string>

#include "app/admin_call.hpp"

namespace weir::app {

class KeptClient {
 public:
  explicit KeptClient(AdminTarget target);
  ~KeptClient();
  KeptClient(const KeptClient&) = delete;
  KeptClient& operator=(const KeptClient&) = delete;

  /// GET. A connection that was closed meanwhile is replaced once. After a failure the instance is
  /// looked for again: it may have come back at another address.
  std::expected<base::json::value, AdminProblem> get(const std::string& path,
                                                     base::Duration timeout);
  /// Where the last call went.
  const std::string& address() const noexcept { return address_; }
  /// How many connections were made.
  unsigned connections() const noexcept { return connections_; }

 private:
  struct Link;
  base::Result<http::Fetched> fetch(const std::string& path, base::Duration timeout);

  const AdminTarget target_;
  std::string address_;
  unsigned connections_ = 0;
  std::unique_ptr<Link> link_;
};

}  // namespace weir::app
