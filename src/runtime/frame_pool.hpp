#pragma once
// Frame pool: coroutine frames come from thread-local free lists of 64-byte size classes, so a task
// costs no heap allocation once its class is warm. A block freed on another thread joins that
// thread's list; lists are capped, so a burst does not keep its memory for ever.
// Off under AddressSanitizer, which must see every frame's death.

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

namespace weir::runtime {

namespace detail {

#if defined(__SANITIZE_ADDRESS__)
inline constexpr bool kPoolFrames = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
inline constexpr bool kPoolFrames = false;
#else
inline constexpr bool kPoolFrames = true;
#endif
#else
inline constexpr bool kPoolFrames = true;
#endif

inline constexpr std::size_t kFrameStep = 32;
inline constexpr std::size_t kFrameClasses = 128;   // up to 4 KiB; larger frames go to the heap
inline constexpr std::uint32_t kFramesKept = 8192;  // a class and thread

struct FreeFrame {
  FreeFrame* next;
};
struct FreeFrames {
  FreeFrame* head;
  std::uint32_t count;
};
// Plain data, so that reaching it needs no guard; emptied by a thread_local of frame_pool.cpp.
inline constinit thread_local std::array<FreeFrames, kFrameClasses> free_frames{};

constexpr std::size_t frame_class(std::size_t size) noexcept {
  return (size + kFrameStep - 1) / kFrameStep;
}
void* allocate_frame_slow(std::size_t size);
void release_frame_slow(void* frame, std::size_t size) noexcept;

}  // namespace detail

/// Cost: about ten instructions when the class has a free block. Out of memory aborts.
inline void* allocate_frame(std::size_t size) {
  const std::size_t k = detail::frame_class(size);
  if (detail::kPoolFrames && k < detail::kFrameClasses) {
    detail::FreeFrames& free = detail::free_frames[k];
    if (detail::FreeFrame* block = free.head; block != nullptr) [[likely]] {
      free.head = block->next;
      --free.count;
      return block;
    }
  }
  return detail::allocate_frame_slow(size);
}

/// `size` is the size that was asked for.
inline void release_frame(void* frame, std::size_t size) noexcept {
  const std::size_t k = detail::frame_class(size);
  if (detail::kPoolFrames && k < detail::kFrameClasses) {
    detail::FreeFrames& free = detail::free_frames[k];
    if (free.count < detail::kFramesKept) [[likely]] {
      auto* block = static_cast<detail::FreeFrame*>(frame);
      block->next = free.head;
      free.head = block;
      ++free.count;
      return;
    }
  }
  detail::release_frame_slow(frame, size);
}

}  // namespace weir::runtime
