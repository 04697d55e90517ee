#include "config/validate_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/scalar_text.hpp"
#include "config/validate_order.hpp"

namespace weir::config {
namespace {

using balance::Algorithm;

class ServiceCheck {
 public:
  ServiceCheck(const Service& service, const Node& node, Problems& problems)
      : service_(service), node_(node), problems_(problems) {}

  void run() {
    check_arms();
    check_compare();
    check_hash_key();
    check_latency_factor();
    check_times();
    check_concurrency();
    check_backups();
  }

 private:
  // One algorithm of a list, as written; items that could not be read are left out.
  struct Item {
    Algorithm algorithm;
    Place place;
  };

  std::vector<Item> items(const char* key) const {
    std::vector<Item> out;
    const Node* balance = node_.find("balance");
    const Node* list = balance == nullptr ? nullptr : balance->find(key);
    if (list == nullptr) return out;
    for (const Node& item : list->items) {
      const auto algorithm = balance::parse_algorithm(item.text);
      if (algorithm) out.push_back({*algorithm, item.place});
    }
    return out;
  }

  // An algorithm that is listed twice, or adaptive, which chooses among others.
  void check_list(const char* key) {
    std::map<Algorithm, int> lines;
    for (const Item& item : items(key)) {
      const auto [first, inserted] = lines.emplace(item.algorithm, item.place.line);
      if (item.algorithm == Algorithm::adaptive) {
        problems_.error(item.place, fmt::format("{}: adaptive chooses among other algorithms and "
                                                "cannot be one of them",
                                                key));
      } else if (!inserted) {
        problems_.error(item.place,
                        fmt::format("{}: '{}' is listed twice", key, name(item.algorithm)));
      }
    }
  }

  void check_arms() {
    check_list("arms");
    const std::vector<Item> arms = items("arms");
    const bool is_adaptive = service_.balance.algorithm == Algorithm::adaptive;
    const auto written = [&] { return place_of(node_, {"balance", "arms"}); };
    if (arms.size() == 1 && arms.front().algorithm != Algorithm::adaptive) {
      if (problems_.has_errors() && node_.find("balance")->find("arms")->items.size() > 1) return;
      problems_.error(written(),
                      "arms: adaptive compares two or more; add another, or leave `arms` out for "
                      "random_two, least_response_time and least_connections");
    } else if (!arms.empty() && !is_adaptive) {
      problems_.warning(written(), fmt::format("arms: only adaptive chooses among them, and the "
                                               "algorithm is {}",
                                               name(service_.balance.algorithm)));
    }
  }

  void check_compare() {
    check_list("compare");
    const Algorithm algorithm = service_.balance.algorithm;
    if (algorithm == Algorithm::adaptive && is_written(node_, {"balance", "compare"})) {
      problems_.error(key_place_of(node_, {"balance", "compare"}),
                      "compare: adaptive compares its arms already; list the challengers there",
                      "arms");
      return;
    }
    for (const Item& item : items("compare")) {
      if (item.algorithm != algorithm || algorithm == Algorithm::adaptive) continue;
      problems_.error(
          item.place,
          fmt::format("compare: {} is the service's algorithm itself{}", name(algorithm),
                      is_written(node_, {"balance", "algorithm"}) ? "" : ", by default"));
      return;
    }
  }

  void check_hash_key() {
    if (is_written(node_, {"balance", "hash_key"})) return;
    const auto complain = [&](Place place) {
      problems_.error(place,
                      fmt::format("{}: consistent_hash needs a key; add `hash_key: client_ip`,"
                                  " path, \"header:NAME\" or \"cookie:NAME\" to `balance`",
                                  clipped(service_.name)));
    };
    if (service_.balance.algorithm == Algorithm::consistent_hash) {
      return complain(place_of(node_, {"balance", "algorithm"}));
    }
    for (const char* key : {"arms", "compare"}) {
      for (const Item& item : items(key)) {
        if (item.algorithm == Algorithm::consistent_hash) return complain(item.place);
      }
    }
  }

  void check_times() {
    if (const auto& check = service_.health.check) {
      check_order(node_, {"health", "check"}, {"timeout", check->timeout}, {"every", check->every},
                  {}, problems_);
    }
    const Outlier& outlier = service_.health.outlier;
    check_order(node_, {"health", "outlier"}, {"base", outlier.base}, {"longest", outlier.longest},
                {}, problems_);
    const Breaker& breaker = service_.breaker;
    check_order(node_, {"breaker"}, {"open", breaker.open}, {"longest", breaker.longest}, {},
                problems_);
  }

  void check_latency_factor() {
    const Outlier& outlier = service_.health.outlier;
    if (outlier.latency_factor > 0 && outlier.latency_factor <= 1) {
      problems_.error(place_of(node_, {"health", "outlier", "latency_factor"}),
                      fmt::format("latency_factor: {} would take out what is as fast as its peers; "
                                  "a factor is above 1, and 0 means that latency does not count",
                                  decimal_text(outlier.latency_factor)));
    }
  }

  void check_concurrency() {
    const auto& limit = service_.concurrency;
    // Of a fixed limit `min` says nothing.
    if (!limit || limit->mode == LimitMode::fixed || limit->min <= limit->max) return;
    const bool min_written = is_written(node_, {"concurrency", "min"});
    const bool max_written = is_written(node_, {"concurrency", "max"});
    problems_.error(place_of(node_, {"concurrency", min_written ? "min" : "max"}),
                    fmt::format("concurrency: min ({}{}) is above max ({}{})", limit->min,
                                min_written ? "" : ", the default", limit->max,
                                max_written ? "" : ", the default"));
  }

  void check_backups() {
    const bool all = !service_.process && !service_.docker &&
                     std::ranges::all_of(service_.endpoints, &Endpoint::backup) &&
                     std::ranges::all_of(service_.dns, &DnsDiscovery::backup);
    if (!all || (service_.endpoints.empty() && service_.dns.empty())) return;
    problems_.warning(
        place_of(node_, {"discovery"}),
        fmt::format("{}: every endpoint is a backup, so that none is one", clipped(service_.name)));
  }

  const Service& service_;
  const Node& node_;
  Problems& problems_;
};

}  // namespace

void check_service(const Service& service, const Node& node, Problems& problems) {
  ServiceCheck(service, node, problems).run();
}

}  // namespace weir::config
