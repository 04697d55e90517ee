#pragma once
// BreakerWatch: which breakers are in another state than at the last look, and which have gone. It
// compares what is there now with what it told last, so it misses nobody who changes a breaker
// (traffic, time, the operator, a restart of the endpoint) and nobody has to tell it; what changes
// and changes back between two looks is not seen. Pure but for what it remembers.

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "control/registry.hpp"

namespace weir::control {

struct BreakerNews {
  std::string service;
  std::string endpoint;      ///< empty: the service's own
  bool is_gone = false;      ///< the rest says nothing then; of a service: with all its endpoints
  std::string_view state{};  ///< "closed", "open", "half_open"; static
  bool is_forced = false;
  bool has_opened = false;     ///< it was not open at the last look
  std::uint32_t failures = 0;  ///< in a row; while open, those that opened it
  std::string reason;          ///< for people
};

class BreakerWatch {
 public:
  /// What has changed since the last look; of a name, what went before what came. A breaker that
  /// was always closed is no news. Cost: one look-up for each endpoint.
  std::vector<BreakerNews> look(const std::vector<ServiceEntry>& services);

 private:
  struct Seen {
    std::string endpoint;
    balance::BreakerState state = balance::BreakerState::closed;
    bool is_forced = false;
    std::uint32_t generation = 0;
    bool was_told = false;
    std::uint64_t look = 0;
  };
  struct SeenService {
    Seen own;
    std::unordered_map<std::uint32_t, Seen> endpoints;  // by id
  };

  static void compare(const std::string& service, const balance::Breaker& breaker, Seen& seen,
                      std::vector<BreakerNews>& news);
  void note_gone(const std::string& service, SeenService& seen, std::vector<BreakerNews>& news);

  std::map<std::string, SeenService> services_;
  std::uint64_t look_ = 0;
};

}  // namespace weir::control
