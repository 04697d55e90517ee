#pragma once
// StatementCache: prepared statements by their text, with a bound; the one used longest ago leaves.
// What leaves is handed back to be closed. Not thread safe.

#include <cstddef>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/assert.hpp"

namespace weir::db {

template <class Statement>
class StatementCache {
 public:
  /// Requires: capacity > 0.
  explicit StatementCache(std::size_t capacity) : capacity_(capacity) { WEIR_ASSERT(capacity > 0); }

  /// Lifetime: until the next put() or take().
  Statement* find(std::string_view key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return &found->second->second;
  }

  /// Requires: `key` is not in the cache. Returns what had to leave.
  std::optional<Statement> put(std::string key, Statement statement) {
    std::optional<Statement> evicted;
    if (order_.size() >= capacity_) {
      evicted = std::move(order_.back().second);
      by_key_.erase(order_.back().first);
      order_.pop_back();
    }
    order_.emplace_front(std::move(key), std::move(statement));
    by_key_.emplace(order_.front().first, order_.begin());
    return evicted;
  }

  /// Takes one out.
  std::optional<Statement> take(std::string_view key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return std::nullopt;
    std::optional<Statement> taken = std::move(found->second->second);
    const auto place = found->second;
    by_key_.erase(found);
    order_.erase(place);
    return taken;
  }

  /// Takes all out.
  template <class Each>
  void drain(Each each) {
    by_key_.clear();
    for (auto& entry : order_) each(entry.second);
    order_.clear();
  }

  std::size_t size() const noexcept { return order_.size(); }

 private:
  using Order = std::list<std::pair<std::string, Statement>>;  // newest use first

  const std::size_t capacity_;
  Order order_;
  std::unordered_map<std::string_view, typename Order::iterator> by_key_;  // views into order_
};

}  // namespace weir::db
