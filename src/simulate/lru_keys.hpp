#pragma once
// LruKeys: which keys an endpoint has in its cache. Least recently used first out.

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>

namespace weir::simulate {

class LruKeys {
 public:
  explicit LruKeys(std::size_t entries) : entries_(entries) {}

  /// Whether `key` was there; it is afterwards. Cost: O(1), allocates for a new key.
  bool touch(std::uint32_t key) {
    if (entries_ == 0) return false;
    const auto found = places_.find(key);
    if (found != places_.end()) {
      order_.splice(order_.begin(), order_, found->second);
      return true;
    }
    if (order_.size() == entries_) {
      places_.erase(order_.back());
      order_.pop_back();
    }
    order_.push_front(key);
    places_[key] = order_.begin();
    return false;
  }
  void clear() {
    order_.clear();
    places_.clear();
  }
  std::size_t size() const noexcept { return order_.size(); }

 private:
  std::size_t entries_;
  std::list<std::uint32_t> order_;  // most recent first
  std::unordered_map<std::uint32_t, std::list<std::uint32_t>::iterator> places_;
};

}  // namespace weir::simulate
