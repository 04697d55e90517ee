#pragma once
// Route table: from listener, host, path and method to the one route that answers.
//
// An exact host wins over `*.suffix` (the longest suffix first), which wins over `*`; within a host
// the longest path prefix wins. A prefix that ends in '/' matches what starts with it; one that
// does not also ends at a segment boundary: `/api` matches `/api` and `/api/x`, never `/apiary`.
// Immutable once built; shared by all lanes as a published snapshot.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "balance/rate_limit.hpp"
#include "config/settings.hpp"
#include "gateway/last_good.hpp"
#include "http/field.hpp"
#include "upstream/service.hpp"

namespace weir::gateway {

/// Field edits of a route, ready to use.
struct FieldEdits {
  std::vector<std::string> removed;  ///< names, of `remove` and `set`
  std::string added;                 ///< finished lines, of `set` and `add`
  bool empty() const noexcept { return removed.empty() && added.empty(); }
};

struct Route {
  config::Route settings;
  std::shared_ptr<upstream::Service> service;           ///< null for a redirect
  std::shared_ptr<upstream::Service> fallback_service;  ///< null: none
  FieldEdits request;
  FieldEdits response;
  std::shared_ptr<balance::RateLimit> rate_limit;  ///< shared by lanes and reloads; null: none
  std::shared_ptr<LastGood> last_good;             ///< likewise
};

struct RouteMatch {
  const Route* route = nullptr;
  bool method_refused = false;  ///< a route matched but for its methods
};

using ServiceFinder = std::unordered_map<std::string, std::shared_ptr<upstream::Service>>;

class RouteTable {
 public:
  /// Requires: validated settings; every service named is in `services`. `before`: the table that
  /// this one replaces; rate limits and last good answers of routes that stay go on.
  RouteTable(const config::Settings& settings, const ServiceFinder& services,
             const RouteTable* before = nullptr);

  /// `host`: the authority, any case, perhaps with a port. Lifetime: into this table.
  RouteMatch find(std::size_t listener, std::string_view host, std::string_view path,
                  std::string_view method) const noexcept;

  /// Whether some route leads there, first or as its fallback.
  bool names(const upstream::Service* service) const noexcept;

  /// The methods of the routes that would match but for the method, for Allow.
  std::string allowed_methods(std::size_t listener, std::string_view host,
                              std::string_view path) const;

  /// Random, for the keys of rate limits.
  std::uint64_t hash_seed() const noexcept { return hash_seed_; }
  const std::vector<config::Cidr>& trusted() const noexcept { return trusted_; }

 private:
  using Routes = std::vector<const Route*>;  // longest prefix first
  struct HashText {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>()(text);
    }
  };
  struct ListenerRoutes {
    std::unordered_map<std::string, Routes, HashText, std::equal_to<>> exact;
    std::vector<std::pair<std::string, Routes>> suffixes;  // ".example", longest first
    Routes any;
  };

  static void inherit(Route& route, const RouteTable& before);
  template <class Each>
  void for_each_host(std::size_t listener, std::string_view host, Each each) const noexcept;

  std::vector<std::unique_ptr<const Route>> routes_;
  std::vector<ListenerRoutes> listeners_;
  std::vector<config::Cidr> trusted_;
  std::uint64_t hash_seed_ = 0;
};

}  // namespace weir::gateway
