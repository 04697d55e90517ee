#pragma once
// Published<T>: an immutable snapshot that one writer replaces and every lane reads.
//
// The writer stores a new shared_ptr and moves the generation on. A reader on a lane keeps its own
// reference and looks at the generation only: one relaxed load per read, no shared write. An
// exchange that must see one snapshot throughout takes a Held, counted without atomics.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace weir::runtime {

template <class T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> first) : value_(std::move(first)) {}

  /// From any thread; readers see it at their next read.
  void publish(std::shared_ptr<const T> next) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(next);
    generation_.fetch_add(1, std::memory_order_release);
  }

  std::uint64_t generation() const noexcept { return generation_.load(std::memory_order_acquire); }

  /// A reference of one's own; costs a lock.
  std::shared_ptr<const T> load() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;  // guarded by mutex_
  std::atomic<std::uint64_t> generation_{1};
};

/// A lane's view of a Published. Lane-only; the Published must outlive it.
template <class T>
class PublishedReader {
  struct Node {
    std::shared_ptr<const T> value;
    std::uint32_t users = 0;
    bool current = true;
  };

 public:
  /// Keeps one snapshot alive. Lane-only, move-only, must not outlive its reader's lane.
  class Held {
   public:
    Held() = default;
    Held(Held&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    Held& operator=(Held&& other) noexcept {
      std::swap(node_, other.node_);
      return *this;
    }
    ~Held() {
      if (node_ != nullptr && --node_->users == 0 && !node_->current) delete node_;
    }
    const T& operator*() const noexcept { return *node_->value; }
    const T* operator->() const noexcept { return node_->value.get(); }
    explicit operator bool() const noexcept { return node_ != nullptr; }

   private:
    friend class PublishedReader;
    explicit Held(Node* node) noexcept : node_(node) { ++node_->users; }
    Node* node_ = nullptr;
  };

  explicit PublishedReader(const Published<T>& source) : source_(source) { refresh(); }
  PublishedReader(const PublishedReader&) = delete;
  PublishedReader& operator=(const PublishedReader&) = delete;
  ~PublishedReader() { retire(); }

  /// The newest snapshot, kept until the Held dies.
  Held hold() {
    if (source_.generation() != generation_) [[unlikely]]
      refresh();
    return Held(node_);
  }

 private:
  void retire() noexcept {
    if (node_ == nullptr) return;
    node_->current = false;
    if (node_->users == 0) delete node_;
  }
  void refresh() {
    retire();
    generation_ = source_.generation();  // read first: a value newer than its generation is fine
    node_ = new Node{source_.load()};
  }

  const Published<T>& source_;
  std::uint64_t generation_ = 0;
  Node* node_ = nullptr;
};

}  // namespace weir::runtime
