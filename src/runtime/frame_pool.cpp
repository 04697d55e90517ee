#include "runtime/frame_pool.hpp"

#include <array>
#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#define WEIR_POOL_FRAMES 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEIR_POOL_FRAMES 0
#endif
#endif
#ifndef WEIR_POOL_FRAMES
#define WEIR_POOL_FRAMES 1
#endif

namespace weir::runtime {
namespace {

constexpr std::size_t kClassBytes = 64;
constexpr std::size_t kClasses = 64;  // frames up to 4 KiB; larger ones are rare and go to the heap
constexpr std::size_t kCachedBytesMax = 8u << 20;  // per class and thread: 20,000 idle connections

struct FreeBlock {
  FreeBlock* next;
};

struct FreeLists {
  std::array<FreeBlock*, kClasses> head{};
  std::array<std::size_t, kClasses> count{};

  ~FreeLists() {
    for (auto* block : head) {
      while (block != nullptr) {
        FreeBlock* next = block->next;
        ::operator delete(block);
        block = next;
      }
    }
  }
};

constinit thread_local FreeLists* lists = nullptr;

// Split from `lists` so that the hot path reads a plain pointer without a guard.
FreeLists& make_lists() {
  static thread_local FreeLists storage;
  lists = &storage;
  return storage;
}

constexpr std::size_t class_of(std::size_t size) { return (size + kClassBytes - 1) / kClassBytes; }

}  // namespace

void* allocate_frame(std::size_t size) {
  const std::size_t k = class_of(size);
  if (!WEIR_POOL_FRAMES || k >= kClasses) return ::operator new(size);
  FreeLists& mine = lists != nullptr ? *lists : make_lists();
  if (FreeBlock* block = mine.head[k]) [[likely]] {
    mine.head[k] = block->next;
    --mine.count[k];
    return block;
  }
  return ::operator new(k * kClassBytes);
}

void release_frame(void* frame, std::size_t size) noexcept {
  const std::size_t k = class_of(size);
  if (!WEIR_POOL_FRAMES || k >= kClasses) {
    ::operator delete(frame);
    return;
  }
  FreeLists& mine = lists != nullptr ? *lists : make_lists();
  if (mine.count[k] * k * kClassBytes >= kCachedBytesMax) {
    ::operator delete(frame);
    return;
  }
  auto* block = static_cast<FreeBlock*>(frame);
  block->next = mine.head[k];
  mine.head[k] = block;
  ++mine.count[k];
}

}  // namespace weir::runtime
