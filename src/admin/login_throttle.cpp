#include "admin/login_throttle.hpp"

#include <algorithm>

namespace weir::admin {
namespace {

base::Duration delay_after(std::uint32_t failures) {
  if (failures < LoginThrottle::kFree) return {};
  constexpr std::uint32_t kDoublingsMax = 20;  // 2^20 s is far beyond kDelayMax
  const std::uint32_t doublings = std::min(failures - LoginThrottle::kFree, kDoublingsMax);
  return std::min<base::Duration>(std::chrono::seconds(1) * (1 << doublings),
                                  LoginThrottle::kDelayMax);
}

}  // namespace

base::Duration LoginThrottle::left(const Table& table, const std::string& key, base::Time now) {
  const auto found = table.find(key);
  if (found == table.end() || found->second.until <= now) return {};
  return found->second.until - now;
}

void LoginThrottle::count(Table& table, const std::string& key, base::Time now) {
  if (!table.contains(key) && table.size() >= kEntriesMax) {
    table.erase(
        std::ranges::min_element(table, {}, [](const auto& each) { return each.second.last; }));
  }
  Entry& entry = table[key];
  if (now - entry.last >= kMemory) entry = {};
  ++entry.failures;
  entry.last = now;
  entry.until = now + delay_after(entry.failures);
}

base::Duration LoginThrottle::begin(const std::string& address, const std::string& user,
                                    base::Time now) {
  const base::Duration wait = std::max(left(addresses_, address, now), left(users_, user, now));
  if (wait > base::Duration::zero()) return wait;
  count(addresses_, address, now);
  count(users_, user, now);
  return {};
}

void LoginThrottle::succeeded(const std::string& address, const std::string& user) {
  users_.erase(user);
  const auto found = addresses_.find(address);
  if (found == addresses_.end()) return;
  if (--found->second.failures == 0) {
    addresses_.erase(found);
  } else {
    found->second.until = {};
  }
}

std::string throttle_key(const net::IpBytes& ip) {
  const std::size_t size = ip.version == 4 ? 16 : (ip.version == 6 ? 8 : 0);
  return {reinterpret_cast<const char*>(ip.bytes), size};
}

}  // namespace weir::admin
