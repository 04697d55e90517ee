#pragma once
// AdminHandler: the admin listener's paths. Each request: guard → route → answer; a table says
// which methods a path takes, so that 405 with Allow and 404 are the same everywhere.

#include <string>
#include <string_view>

#include "admin/admin_port.hpp"
#include "admin/guard.hpp"
#include "http/exchange.hpp"

namespace weir::admin {

/// One request, owning what it needs after its head is gone.
struct AdminRequest {
  std::string method;
  std::string path;
  std::string query;  ///< without '?'
  std::string accept;
  std::string id;      ///< {id} of the path, decoded
  std::string action;  ///< the path's last part where the route takes one
  std::string by;      ///< who asks, for the log: address and program
  std::string body;
};

/// The value of `key` in a query string, percent-decoded; empty when absent.
std::string query_value(std::string_view query, std::string_view key);

class AdminHandler final : public http::Handler {
 public:
  /// Lifetime: both outlive the handler.
  AdminHandler(AdminPort& port, const AllowedHosts& hosts) : port_(port), hosts_(hosts) {}

  runtime::Task<void> serve(http::Exchange& exchange) override;

 private:
  using Answer = runtime::Task<http::Response>;
  struct Route;
  static const Route kRoutes[];

  static const Route* find(std::string_view path, AdminRequest& request);
  GuardVerdict guard(const http::RequestHead& head, const Route* route) const;
  Answer answer(const Route& route, AdminRequest request);

  Answer health(AdminRequest request);
  Answer ready(AdminRequest request);
  Answer metrics(AdminRequest request);
  Answer services(AdminRequest request);
  Answer service(AdminRequest request);
  Answer api_metrics(AdminRequest request);
  Answer stats(AdminRequest request);
  Answer servers(AdminRequest request);
  Answer request(AdminRequest request);
  Answer act(AdminRequest request);
  Answer logs(AdminRequest request);
  Answer front(AdminRequest request);

  // control_paths.cpp
  http::Response change_algorithm(const AdminRequest& request, std::string service,
                                  balance::Algorithm algorithm);
  Answer algorithm(AdminRequest request);
  Answer algorithms(AdminRequest request);
  Answer strategy(AdminRequest request);
  Answer breakers(AdminRequest request);
  Answer operate_breaker(AdminRequest request);
  Answer drain(AdminRequest request);
  Answer event_log(AdminRequest request);
  Answer store_show(AdminRequest request);
  Answer store_list(AdminRequest request);
  Answer reload(AdminRequest request);
  Answer config(AdminRequest request);
  Answer scale_service(AdminRequest request);
  Answer scale(AdminRequest request);
  Answer scale_to(AdminRequest request, std::string service, control::ScaleWish wish);
  Answer endpoint(AdminRequest request);

  // decision_paths.cpp
  Answer decisions(AdminRequest request);
  Answer decision(AdminRequest request);
  Answer explain(AdminRequest request);

  AdminPort& port_;
  const AllowedHosts& hosts_;
};

}  // namespace weir::admin
