#include "control/state_key.hpp"

#include <fmt/format.h>

#include <array>

#include "config/address.hpp"

namespace weir::control {
namespace {

constexpr std::string_view kEndpoints = "endpoints.";
constexpr std::string_view kBreakers = "breakers.";
constexpr std::string_view kArms = "arms.";
// In the order of StateKind.
constexpr std::array<std::string_view, 3> kWords = {".weight", ".drain", ".breaker"};

}  // namespace

std::string StateKey::text() const {
  switch (kind) {
    case StateKind::service_breaker:
      return fmt::format("{}{}", kBreakers, service);
    case StateKind::arm:
      return fmt::format("{}{}", kArms, service);
    case StateKind::weight:
    case StateKind::drain:
    case StateKind::endpoint_breaker:
      break;
  }
  return fmt::format("{}{}.{}{}", kEndpoints, service, endpoint,
                     kWords[static_cast<std::size_t>(kind)]);
}

std::optional<StateKey> StateKey::parse(std::string_view text) {
  const auto whole = [&](std::string_view prefix, StateKind kind) -> std::optional<StateKey> {
    const std::string_view service = text.substr(prefix.size());
    if (service.empty() || service.contains('.')) return std::nullopt;
    return StateKey{kind, std::string(service), {}};
  };
  if (text.starts_with(kBreakers)) return whole(kBreakers, StateKind::service_breaker);
  if (text.starts_with(kArms)) return whole(kArms, StateKind::arm);
  if (!text.starts_with(kEndpoints)) return std::nullopt;
  text.remove_prefix(kEndpoints.size());
  const std::size_t dot = text.find('.');
  if (dot == 0 || dot == std::string_view::npos) return std::nullopt;
  const std::string_view service = text.substr(0, dot);
  text.remove_prefix(dot + 1);
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (!text.ends_with(kWords[i]) || text.size() == kWords[i].size()) continue;
    text.remove_suffix(kWords[i].size());
    return StateKey{static_cast<StateKind>(i), std::string(service), std::string(text)};
  }
  return std::nullopt;
}

std::string file_value(const StateKey& key, const config::Settings& settings) {
  if (key.kind != StateKind::weight) return {};
  for (const config::Service& service : settings.services) {
    if (service.name != key.service) continue;
    for (const config::Endpoint& endpoint : service.endpoints) {
      // A name that was resolved has its address behind it: "web.internal:80 10.0.0.1:80".
      const std::string name = config::to_text(endpoint.address);
      const bool is_it = key.endpoint == name || key.endpoint.starts_with(name + " ");
      if (is_it) return std::to_string(endpoint.weight);
    }
  }
  return {};
}

}  // namespace weir::control
