#pragma once
// EndpointGuard: which addresses a service that was registered at run time may have. Whoever may
// register one could else make weir ask, in its own place in the network, what nobody outside can:
// the cloud's metadata service, its own admin interface, servers that listen on loopback only.
//
// It judges addresses, not names: after resolution, each time an endpoint joins. Endpoints keep
// their address, so that nothing is resolved between the judgement and a connect. Pure.

#include <string>
#include <string_view>

#include "net/address.hpp"

namespace weir::control {

class EndpointGuard {
 public:
  EndpointGuard() = default;
  /// `admin`: where the admin listener is bound. Loopback addresses are refused unless it is on
  /// loopback itself: who can ask it then is on this machine anyway.
  explicit EndpointGuard(const net::Address& admin);

  /// Why an address is refused, for people; empty: it is not. `address`: as Address::text() writes
  /// it.
  std::string why_not(std::string_view address) const;

 private:
  bool is_admin(const net::Address& address) const;

  net::Address admin_;
  bool is_admin_known_ = false;
};

}  // namespace weir::control
