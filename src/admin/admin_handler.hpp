#pragma once
// AdminHandler: the admin listener's paths. Each request: guard → route → who asks and may they →
// answer → audit (admin_serve.cpp). A table says which methods a path takes, so that 405 with Allow
// and 404 are the same everywhere.

#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "admin/access.hpp"
#include "admin/admin_port.hpp"
#include "admin/guard.hpp"
#include "admin/idempotency.hpp"
#include "admin/live_feed.hpp"
#include "balance/rate_limit.hpp"
#include "base/hash.hpp"
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
  std::string by;      ///< who asks, for the log: user, address and program
  std::string body;

  Caller caller;
  std::string came_from;            ///< address and program
  std::string address_key;          ///< throttle_key() of the address
  std::string cookie;               ///< the log-in's secret
  std::optional<std::string> once;  ///< Idempotency-Key
  AuditTrail* trail = nullptr;      ///< outlives the answer

  store::Actor actor() const { return {caller.name, base::wall_ms(), came_from}; }
};

/// The value of `key` in a query string, percent-decoded; the first when there are several.
std::optional<std::string> query_parameter(std::string_view query, std::string_view key);
/// The same; empty when absent.
std::string query_value(std::string_view query, std::string_view key);

class AdminHandler final : public http::Handler {
 public:
  /// Lifetime: all outlive the handler.
  AdminHandler(runtime::Lane& lane, AdminPort& port, const AllowedHosts& hosts, Access& access,
               const telemetry::LogTail& log)
      : lane_(lane), port_(port), hosts_(hosts), access_(access), live_(lane, port, access, log) {}

  /// The live feed's clients are told; the rest is the server's to end.
  runtime::Task<void> stop() { return live_.stop(); }

  runtime::Task<void> serve(http::Exchange& exchange) override;

 private:
  using Answer = runtime::Task<http::Response>;
  // `{id}` matches one segment. A guarded GET sends traffic or changes something.
  struct Route {
    std::string_view pattern;
    std::string_view methods;  // as Allow says them
    Answer (AdminHandler::*call)(AdminRequest);
    bool guarded = false;
    bool is_live = false;  // a WebSocket
  };
  static const Route kRoutes[];

  static const Route* find(std::string_view path, AdminRequest& request);

  // admin_serve.cpp
  GuardVerdict guard(const http::RequestHead& head, const Route* route) const;
  std::optional<http::Response> refuse(const http::RequestHead& head, const Route* route,
                                       const AdminRequest& request);
  std::optional<http::Response> refuse_flood(const Route& route, const AdminRequest& request);
  Answer answer(const Route& route, AdminRequest request);
  std::optional<http::Response> refuse_upgrade(const http::Exchange& exchange) const;
  Answer answer_once(const Route& route, AdminRequest request);

  Answer health(AdminRequest request);
  Answer ready(AdminRequest request);
  Answer metrics(AdminRequest request);
  Answer api_metrics(AdminRequest request);
  Answer stats(AdminRequest request);
  Answer servers(AdminRequest request);
  Answer request(AdminRequest request);
  Answer act(AdminRequest request);
  Answer logs(AdminRequest request);
  Answer front(AdminRequest request);

  // control_paths.cpp
  Answer change_algorithm(AdminRequest request, std::string service, balance::Algorithm algorithm);
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

  // service_paths.cpp
  Answer services(AdminRequest request);
  Answer service(AdminRequest request);
  Answer change_service(AdminRequest request);
  Answer unset(AdminRequest request);

  // topology_paths.cpp
  Answer topology(AdminRequest request);
  Answer backends(AdminRequest request);
  Answer openapi(AdminRequest request);

  // decision_paths.cpp
  Answer decisions(AdminRequest request);
  Answer decision(AdminRequest request);
  Answer explain(AdminRequest request);

  // access_paths.cpp
  Answer login(AdminRequest request);
  Answer logout(AdminRequest request);
  Answer me(AdminRequest request);
  Answer users(AdminRequest request);
  Answer user(AdminRequest request);
  Answer tokens(AdminRequest request);
  Answer token(AdminRequest request);
  Answer audit(AdminRequest request);

  runtime::Lane& lane_;
  AdminPort& port_;
  const AllowedHosts& hosts_;
  Access& access_;
  Idempotency once_;
  LiveFeed live_;
  // Of each user, or address where there is none: a script's burst, not a flood.
  balance::RateLimit changes_{{.per_second = 50, .burst = 1'000, .keys = 1'024}};
  const std::uint64_t changes_seed_ = std::random_device()();
};

}  // namespace weir::admin
