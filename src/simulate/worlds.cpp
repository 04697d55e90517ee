#include "simulate/worlds.hpp"

#include <algorithm>
#include <array>

#include "base/assert.hpp"

namespace weir::simulate {
namespace {

using Shape = WorkShape::Kind;

constexpr std::size_t kEndpoints = 10;
constexpr Resilience kEverything = {
    .retries = true, .breaker = true, .checks = true, .outliers = true};

constexpr std::array<WorldName, 14> kWorlds = {{
    {'a', "equal", "ten equal endpoints, half busy: nothing to gain"},
    {'b', "slow_one", "one of ten endpoints takes 10x as long"},
    {'c', "cache", "each endpoint caches an eighth of the keys; a miss takes 4x as long"},
    {'d', "streams", "5 % of requests are streams that hold their server for 20 s"},
    {'e', "oscillating", "halves of the endpoints are slow in turn, with the period of a window"},
    {'f', "fails_fast", "one of ten endpoints answers 20 % with 503 after 1 ms"},
    {'g', "cold_joiner", "a tenth endpoint joins; it is cold, 8x slower at first"},
    {'h', "kill_return", "one is killed, one dies under supervision, one freezes; each returns"},
    {'i', "heavy_tail", "work is Pareto distributed, alpha 1.5: some requests take 100x as long"},
    {'j', "capacities", "three endpoints with capacities and weights 5:1:1"},
    {'k', "flash_crowd", "three times the traffic for a fifth of the time, 90 % busy then"},
    {'l', "sequence", "all of a to k, one after the other"},
    {'m', "half_dies", "half of the endpoints die at once, and return"},
    {'n', "ten_thousand", "10,000 endpoints, one in twenty takes 10x as long"},
}};

/// Makes the script's times shares of the whole run.
class Script {
 public:
  explicit Script(World& world) : world_(world) {}

  double seconds() const { return static_cast<double>(world_.requests) / world_.per_second; }
  void at(double share, Change what) {
    world_.script.push_back({from_ms(share * seconds() * 1e3), what});
  }
  void at_second(double second, Change what) {
    world_.script.push_back({from_ms(second * 1e3), what});
  }
  void sort() { std::ranges::stable_sort(world_.script, {}, &ScriptStep::at); }

 private:
  World& world_;
};

Group one(std::size_t index) { return {index, 1}; }

void set_requests(World& world, std::uint64_t requests, std::uint64_t usual) {
  world.requests = requests == 0 ? usual : requests;
}

void make_cache(World& world) {
  world.per_second = 800;
  world.keys = 20'000;
  world.key_skew = 0.5;
  for (EndpointPlan& each : world.endpoints) each.mean_ms = 10;
  world.cache = {.entries = 2500, .miss_factor = 4};
}

void make_streams(World& world) {
  world.per_second = 200;
  world.streams = {.share = 0.05, .mean_s = 20};
  for (EndpointPlan& each : world.endpoints) {
    each.mean_ms = 10;
    each.servers = 23;
  }
}

/// From `begin` to `end` seconds: halves slow in turn, 5 s each.
void oscillate(Script& script, double begin, double end) {
  const Group low{0, kEndpoints / 2};
  const Group high{kEndpoints / 2, kEndpoints / 2};
  bool is_low = true;
  for (double second = begin; second < end; second += 5, is_low = !is_low) {
    script.at_second(second, change::Slowness{low, is_low ? 3.0 : 1.0});
    script.at_second(second, change::Slowness{high, is_low ? 1.0 : 3.0});
  }
  script.at_second(end, change::Slowness{{0, kEndpoints}, 1});
}

void make_kill_return(Script& script) {
  script.at(0.15, change::Killed{.who = one(0)});
  script.at(0.30, change::Back{one(0)});
  script.at(0.45, change::Killed{.who = one(1), .supervised = true});
  script.at(0.55, change::Back{one(1)});
  script.at(0.70, change::Frozen{one(2)});
  script.at(0.80, change::Back{one(2)});
}

void make_capacities(World& world) {
  world.endpoints.resize(3);
  world.endpoints[0].servers = 20;
  world.endpoints[0].weight = 5;
  world.per_second = 900;
}

/// Eleven phases of equal length, with a pause to recover at the end of each.
void make_sequence(World& world, Script& script) {
  const Group all{0, kEndpoints};
  const double phase = 1.0 / 11;
  const auto during = [&](int number, const Change& begin, const Change& end) {
    script.at(number * phase, begin);
    script.at((number + 0.8) * phase, end);
  };
  world.resilience = kEverything;
  world.cold_factor = 8;
  world.endpoints.push_back({.joins_later = true});
  world.cache = {.entries = 2500, .miss_factor = 1.7};
  world.streams.mean_s = 5;
  world.caches_at_start = false;
  during(1, change::Slowness{one(0), 10}, change::Slowness{one(0), 1});
  during(2, change::Caching{true}, change::Caching{false});
  during(3, change::Streams{0.002}, change::Streams{0});
  const double length_s = script.seconds();
  oscillate(script, 4 * phase * length_s, 4.8 * phase * length_s);
  during(5, change::Failing{one(1), 0.2}, change::Failing{one(1), 0});
  script.at(6 * phase, change::Join{one(kEndpoints)});
  during(7, change::Killed{.who = one(2)}, change::Back{one(2)});
  during(8, change::Work{{.kind = Shape::pareto, .spread = 1.5}}, change::Work{world.work});
  during(9, change::Servers{all, 2}, change::Servers{all, 4});
  script.at(9 * phase, change::Servers{one(0), 16});
  script.at(9.8 * phase, change::Servers{one(0), 4});
  during(10, change::Rate{1.8}, change::Rate{1});
}

void make_ten_thousand(World& world) {
  world.endpoints.assign(10'000, {.mean_ms = 100, .servers = 1});
  for (std::size_t i = 0; i < world.endpoints.size(); i += 20) world.endpoints[i].mean_ms = 1000;
  world.per_second = 5000;
}

std::uint64_t usual_requests(char letter, const World& world) {
  const double length_s = letter == 'l' ? 1100 : letter == 'n' ? 60 : 300;
  return static_cast<std::uint64_t>(world.per_second * length_s);
}

/// What needs no script.
void set_up(World& world) {
  switch (world.letter) {
    case 'b':
      world.endpoints[0].mean_ms *= 10;
      break;
    case 'c':
      make_cache(world);
      break;
    case 'd':
      make_streams(world);
      break;
    case 'f':
      world.resilience = {.retries = true};
      break;
    case 'g':
      world.endpoints.back().joins_later = true;
      world.cold_factor = 8;
      world.resilience = kEverything;
      break;
    case 'h':
    case 'm':
      world.resilience = kEverything;
      world.cold_factor = 3;
      break;
    case 'i':
      world.work = {.kind = Shape::pareto, .spread = 1.5};
      break;
    case 'j':
      make_capacities(world);
      break;
    case 'n':
      make_ten_thousand(world);
      break;
    default:
      break;
  }
  if (world.letter == 'k') world.per_second = 600;
  if (world.letter == 'm') world.per_second = 800;
}

void write_script(World& world) {
  Script script(world);
  switch (world.letter) {
    case 'e':
      oscillate(script, 0, script.seconds());
      break;
    case 'f':
      script.at(0, change::Failing{one(0), 0.2});
      break;
    case 'g':
      script.at(1.0 / 3, change::Join{one(kEndpoints - 1)});
      break;
    case 'h':
      make_kill_return(script);
      break;
    case 'k':
      script.at(0.4, change::Rate{3});
      script.at(0.6, change::Rate{1});
      break;
    case 'l':
      make_sequence(world, script);
      break;
    case 'm':
      script.at(0.4, change::Killed{.who = {0, kEndpoints / 2}});
      script.at(0.6, change::Back{{0, kEndpoints / 2}});
      break;
    default:
      break;
  }
  script.sort();
}

}  // namespace

std::span<const WorldName> world_names() noexcept { return kWorlds; }

std::optional<char> world_letter(std::string_view word) noexcept {
  for (const WorldName& each : kWorlds) {
    if (word == each.name || word == std::string_view(&each.letter, 1)) return each.letter;
  }
  return std::nullopt;
}

World make_world(char letter, std::uint64_t requests) {
  const auto found = std::ranges::find(kWorlds, letter, &WorldName::letter);
  WEIR_ASSERT(found != kWorlds.end());
  World world;
  world.letter = letter;
  world.name = found->name;
  world.line = found->line;
  world.endpoints.assign(kEndpoints, {});
  set_up(world);
  set_requests(world, requests, usual_requests(letter, world));
  write_script(world);
  return world;
}

}  // namespace weir::simulate
