#pragma once
// DiscoveryDns: endpoints that are the addresses of a name. It asks, applies, and asks again when
// the answer's time to live is over (at least 5 s, at most a day).
//
// A look-up that fails changes nothing: what was found before stays, however long that lasts. An
// answer that would take more than half away must come twice (discovery_plan). What vanishes
// drains. An address that comes from several answers is one endpoint, and is not touched while it
// stays. Start never waits. No SRV: the port is the configuration's.
// Lane-only (control lane).

#include <string>

#include "control/discovered_set.hpp"
#include "control/discovery_view.hpp"
#include "net/resolver.hpp"
#include "runtime/cancel.hpp"
#include "runtime/gate.hpp"

namespace weir::control {

/// One `dns:` entry of weir.yaml.
struct DnsSource {
  std::string service;
  std::string name;
  std::uint16_t port = 80;
  std::uint32_t weight = 1;
  bool backup = false;
  base::Duration drain = std::chrono::seconds(30);
};

class DiscoveryDns {
 public:
  static constexpr base::Duration kAskTime = std::chrono::seconds(5);
  static constexpr base::Duration kTtlMax = std::chrono::hours(24);
  static constexpr base::Duration kBackoffMin = std::chrono::seconds(1);
  static constexpr base::Duration kBackoffMax = std::chrono::seconds(30);

  /// Lifetime: the references outlive stop().
  DiscoveryDns(runtime::Lane& lane, net::Resolver& resolver, Registry& registry,
               telemetry::Log& log, DnsSource source);

  void start();
  /// The endpoints stay as they are.
  runtime::Task<void> stop();
  /// For a source that is taken out of the configuration: all its endpoints leave. After stop().
  void withdraw();

  DiscoveryView view() const;

 private:
  runtime::Task<void> run();
  runtime::Task<void> sweep();
  base::Duration apply(const net::ResolvedSet& found);
  void note_failure(const base::Error& error);
  void note_success();

  runtime::Lane& lane_;
  net::Resolver& resolver_;
  telemetry::Log& log_;
  const DnsSource source_;
  const std::string label_;  // "dns web.internal:80"
  DiscoveredSet set_;
  ChurnMemory churn_;
  runtime::Gate gate_;
  runtime::CancelSource stopping_;
  std::string error_;  // the last failure, while it lasts
  std::string note_;
  std::uint64_t cycles_ = 0;
  std::uint64_t failures_ = 0;
};

}  // namespace weir::control
