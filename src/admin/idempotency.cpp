#include "admin/idempotency.hpp"

#include <algorithm>

namespace weir::admin {

bool Idempotency::is_key(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kKeyBytesMax &&
         std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

std::size_t Idempotency::size_of(const Table::value_type& each) {
  return each.first.size() + each.second.answer->body.size();
}

void Idempotency::forget(Table::iterator each) {
  if (each->second.answer) bytes_ -= size_of(*each);
  entries_.erase(each);
}

void Idempotency::forget_old(base::Time now) {
  for (auto each = entries_.begin(); each != entries_.end();) {
    const auto next = std::next(each);
    if (each->second.answer && now - each->second.since >= kKept) forget(each);
    each = next;
  }
}

bool Idempotency::forget_oldest() {
  auto oldest = entries_.end();
  for (auto each = entries_.begin(); each != entries_.end(); ++each) {
    if (!each->second.answer) continue;
    if (oldest == entries_.end() || each->second.since < oldest->second.since) oldest = each;
  }
  if (oldest == entries_.end()) return false;
  forget(oldest);
  return true;
}

Idempotency::Seen Idempotency::begin(const std::string& name, const std::string& digest,
                                     base::Time now) {
  forget_old(now);
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    while (entries_.size() >= kEntriesMax && forget_oldest()) {
    }
    entries_.emplace(name, Entry{digest, now, nullptr});
    return {};
  }
  const Entry& entry = found->second;
  if (entry.digest != digest) return {Standing::other, nullptr};
  if (!entry.answer) return {Standing::under_way, nullptr};
  return {Standing::known, entry.answer};
}

void Idempotency::finish(const std::string& name, const http::Response& answer, base::Time now) {
  const auto found = entries_.find(name);
  if (found == entries_.end() || found->second.answer) return;
  if (answer.status >= 500) {
    entries_.erase(found);
    return;
  }
  found->second.since = now;
  found->second.answer = std::make_shared<const http::Response>(answer);
  bytes_ += size_of(*found);
  while (bytes_ > kBytesMax && forget_oldest()) {
  }
}

}  // namespace weir::admin
