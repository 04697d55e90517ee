#pragma once
// What an operator may change while weir runs, and what each change did, as plain values: the
// commands of the registry that the admin API passes on. registry_operator.cpp carries them out.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weir::control {

/// An endpoint by its id or its name.
struct EndpointName {
  std::string endpoint;
  std::string service;  ///< number or name; empty: of any service, if only one has it
};

/// One breaker, or those of a service, or all.
struct BreakerTarget {
  std::string service;   ///< number or name, or an endpoint's name; empty: all
  std::string endpoint;  ///< id or name, within `service`
};

/// The words of `weir breaker`. `automatic` is "auto" there.
enum class BreakerAction : std::uint8_t { open, close, automatic, reset };
std::optional<BreakerAction> parse_breaker_action(std::string_view word) noexcept;
std::string_view name(BreakerAction action) noexcept;

struct AlgorithmChange {
  std::string service;
  std::string_view from;  ///< static, as `to`
  std::string_view to;
};

struct BreakerOperated {
  std::string service;
  std::string endpoint;   ///< empty: the service's own breaker
  std::string_view from;  ///< its state; static, as `to`
  std::string_view to;
  bool changed = false;  ///< false: nothing was to be done
};

struct DrainChange {
  std::string service;
  std::string endpoint;
  std::uint32_t id = 0;
  bool changed = false;             ///< false: it was so already
  std::uint32_t in_flight = 0;      ///< attempts that it still has to finish
  std::size_t eligible_others = 0;  ///< who takes the traffic; 0: clients get 503
};

struct WeightChange {
  std::string service;
  std::string endpoint;
  std::uint32_t id = 0;
  std::uint32_t from = 1;
  std::uint32_t to = 1;
};

inline constexpr std::uint32_t kWeightMax = 1000;  // as in weir.yaml

/// "no service 'web-sever' (did you mean web-server?); there are: web-server, payment-service".
std::string no_such(std::string_view kind, std::string_view word,
                    std::span<const std::string> names);

}  // namespace weir::control
