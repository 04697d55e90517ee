#include "lab/traffic_mix.hpp"

#include <array>

namespace weir::lab {
namespace {

struct Weighted {
  std::string_view text;
  std::uint32_t weight;  // in a hundred
};

constexpr std::array<Weighted, 5> kTargets = {{
    {"/", 40},
    {"/api/data", 25},
    {"/payments/", 20},
    {"/payments/api/data", 10},
    {"/api/data?size=16384", 5},
}};

constexpr std::array<Weighted, 5> kAgents = {{
    {"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", 35},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
     "Chrome/126.0.0.0 Safari/537.36",
     35},
    {"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15", 15},
    {"curl/7.88.1", 10},
    {"weir-demo/0.1", 5},
}};

constexpr std::uint32_t total(std::span<const Weighted> of) {
  std::uint32_t sum = 0;
  for (const Weighted& one : of) sum += one.weight;
  return sum;
}
static_assert(total(kTargets) == 100 && total(kAgents) == 100);

// Public address ranges of access providers, so that a country database has something to say, and
// the documentation ranges (RFC 5737, RFC 3849), which have no country. They stand in a header
// only; nothing is ever sent to them.
constexpr std::array<std::string_view, 40> kClients = {
    "73.162.10.20",  "91.0.12.34",   "81.2.69.142",   "126.10.20.30",  "90.0.10.11",
    "114.80.10.20",  "177.32.10.11", "117.192.3.4",   "89.160.20.112", "24.48.10.12",
    "99.24.5.17",    "84.128.10.20", "86.128.44.55",  "219.160.7.8",   "78.192.5.5",
    "175.16.199.30", "189.4.8.9",    "49.32.6.7",     "78.64.3.4",     "142.112.9.10",
    "71.162.3.9",    "217.80.5.6",   "2.125.160.216", "2001:218:1::5", "145.53.7.8",
    "1.128.5.6",     "83.80.4.5",    "88.0.7.8",      "79.0.5.6",      "83.0.9.10",
    "85.0.6.7",      "175.192.5.6",  "116.86.7.8",    "105.224.5.6",   "187.128.5.6",
    "181.0.7.8",     "84.208.3.4",   "198.51.100.23", "203.0.113.7",   "2001:db8::17",
};

std::string_view pick(std::span<const Weighted> from, std::uint32_t roll) noexcept {
  for (const Weighted& one : from) {
    if (roll < one.weight) return one.text;
    roll -= one.weight;
  }
  return from.back().text;
}

}  // namespace

PlannedRequest plan_request(base::Rng& rng) noexcept {
  PlannedRequest planned;
  planned.target = pick(kTargets, rng.below(100));
  planned.agent = pick(kAgents, rng.below(100));
  // The square leans towards the front of the list: its first tenth sends a third.
  const double u = rng.unit();
  planned.client = kClients[static_cast<std::size_t>(u * u * kClients.size())];
  return planned;
}

base::Time due(base::Time start, std::uint64_t n, double rate) noexcept {
  const double seconds = static_cast<double>(n) / rate;
  return start + std::chrono::duration_cast<base::Duration>(std::chrono::duration<double>(seconds));
}

std::span<const std::string_view> traffic_clients() noexcept { return kClients; }

}  // namespace weir::lab
