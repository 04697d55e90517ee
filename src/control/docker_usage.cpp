#include "control/docker_usage.hpp"

#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/json.hpp"

namespace weir::control {
namespace {

constexpr base::Duration kOpenAgain = std::chrono::seconds(30);
constexpr base::Duration kAgeMax = std::chrono::seconds(5);
constexpr base::Duration kAgeEach = std::chrono::seconds(2);  // of those the engine is asked about

// A path of keys to a number that is not negative.
std::optional<std::uint64_t> number_at(const base::json::value& document,
                                       std::initializer_list<std::string_view> path) {
  const base::json::value* at = &document;
  for (const std::string_view key : path) {
    const base::json::object* in = at->if_object();
    at = in == nullptr ? nullptr : in->if_contains(key);
    if (at == nullptr) return std::nullopt;
  }
  if (at->is_uint64()) return at->get_uint64();
  if (at->is_int64() && at->get_int64() >= 0) return static_cast<std::uint64_t>(at->get_int64());
  return std::nullopt;
}

std::uint64_t machine_bytes() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

void DockerUsage::sample(const std::vector<DiscoveredView>& members, base::Time now) {
  std::set<std::string> present;
  for (const DiscoveredView& each : members) {
    const ContainerFacts& container = each.container;
    if (container.id.empty() || container.pid == 0) continue;
    present.insert(container.id);
    Known& known = known_[container.id];
    if (known.pid != container.pid) known = {.pid = container.pid};  // it was started again
    if (!known.files && now >= known.try_at) {
      auto opened = open_(known.pid, container.id);
      if (opened) known.files = std::move(*opened);
      known.try_at = now + kOpenAgain;
    }
    if (!known.files) continue;
    const auto usage = known.files->read();
    if (usage) {
      note(known, *usage, now);
    } else {
      known.files.reset();
    }
  }
  std::erase_if(known_, [&](const auto& each) { return !present.contains(each.first); });
}

void DockerUsage::note(Known& known, const supervise::CgroupUsage& usage, base::Time now) {
  known.cpu_share.reset();
  if (known.last && usage.cpu_ns >= known.last->cpu_ns && now > known.last_at) {
    const auto passed = std::chrono::duration<double, std::nano>(now - known.last_at);
    known.cpu_share = static_cast<double>(usage.cpu_ns - known.last->cpu_ns) / passed.count();
  }
  known.last = usage;
  known.last_at = now;
}

std::optional<std::string> DockerUsage::next_hidden() const {
  const auto is_sooner = [](const auto& a, const auto& b) {
    if (a.second.files.has_value() != b.second.files.has_value()) {
      return !a.second.files.has_value();
    }
    return a.second.asked < b.second.asked;
  };
  const auto first = std::ranges::min_element(known_, is_sooner);
  if (first == known_.end() || first->second.files) return std::nullopt;
  return first->first;
}

void DockerUsage::on_stats(const std::string& id,
                           const std::optional<supervise::CgroupUsage>& usage, base::Time now) {
  const auto found = known_.find(id);
  if (found == known_.end()) return;
  found->second.asked = ++turns_;
  if (usage && !found->second.files) note(found->second, *usage, now);
}

base::Duration DockerUsage::age_max() const {
  return kAgeMax + kAgeEach * std::ranges::count_if(
                                  known_, [](const auto& each) { return !each.second.files; });
}

void DockerUsage::fill(ContainerFacts& facts, base::Time now) const {
  const auto found = known_.find(facts.id);
  if (found == known_.end() || !found->second.last) return;
  if (now - found->second.last_at > age_max()) return;
  facts.cpu_share = found->second.cpu_share;
  facts.memory_bytes = found->second.last->memory_bytes;
  facts.memory_max = found->second.last->memory_max;
}

base::Result<supervise::CgroupUsage> parse_docker_stats(std::string_view text) {
  WEIR_TRY(const base::json::value document, base::parse_json(text));
  const auto cpu = number_at(document, {"cpu_stats", "cpu_usage", "total_usage"});
  const auto memory = number_at(document, {"memory_stats", "usage"});
  if (!cpu || !memory) {
    return base::fail(base::Errc::bad_message, "Docker: statistics without CPU time or memory",
                      base::Origin::upstream);
  }
  auto cache = number_at(document, {"memory_stats", "stats", "total_inactive_file"});
  if (!cache) cache = number_at(document, {"memory_stats", "stats", "inactive_file"});
  // Without a limit of its own the engine tells the machine's memory.
  const std::uint64_t limit = number_at(document, {"memory_stats", "limit"}).value_or(0);
  return supervise::CgroupUsage{.cpu_ns = *cpu,
                                .memory_bytes = *memory - std::min(cache.value_or(0), *memory),
                                .memory_max = limit >= machine_bytes() ? 0 : limit};
}

}  // namespace weir::control
