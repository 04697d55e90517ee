#include "admin/logins.hpp"

#include <algorithm>

#include "store/credentials.hpp"

namespace weir::admin {

std::size_t Logins::count_of(std::string_view user) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      logins_, [user](const auto& each) { return each.second.user == user; }));
}

// Of that user; an empty name: of all.
void Logins::end_stalest(std::string_view user) {
  auto stalest = logins_.end();
  for (auto each = logins_.begin(); each != logins_.end(); ++each) {
    if (!user.empty() && each->second.user != user) continue;
    if (stalest == logins_.end() || each->second.used < stalest->second.used) stalest = each;
  }
  if (stalest != logins_.end()) logins_.erase(stalest);
}

void Logins::begin(std::string_view digest, std::string_view user, base::Time now) {
  std::erase_if(logins_, [now](const auto& each) {
    return now - each.second.used >= kIdle || now - each.second.begun >= kWhole;
  });
  if (count_of(user) >= kPerUserMax) end_stalest(user);
  if (logins_.size() >= kMax) end_stalest({});
  logins_.insert_or_assign(std::string(key_of(digest)),
                           Login{std::string(digest), std::string(user), now, now});
}

std::optional<std::string> Logins::find(std::string_view digest, base::Time now, bool is_use) {
  const auto found = logins_.find(key_of(digest));
  if (found == logins_.end() || !store::is_same_digest(found->second.digest, digest)) {
    return std::nullopt;
  }
  Login& login = found->second;
  if (now - login.used >= kIdle || now - login.begun >= kWhole) {
    logins_.erase(found);
    return std::nullopt;
  }
  if (is_use) login.used = now;
  return login.user;
}

void Logins::end(std::string_view digest) {
  const auto found = logins_.find(key_of(digest));
  if (found == logins_.end() || !store::is_same_digest(found->second.digest, digest)) return;
  logins_.erase(found);
}

void Logins::end_all(std::string_view user, std::string_view kept) {
  std::erase_if(logins_, [&](const auto& each) {
    return each.second.user == user && each.second.digest != kept;
  });
}

}  // namespace weir::admin
