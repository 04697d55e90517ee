#include "runtime/frame_pool.hpp"

namespace weir::runtime::detail {
namespace {

// Gives the thread's free blocks back when the thread ends.
struct Emptied {
  bool armed = false;
  ~Emptied() {
    for (FreeFrames& free : free_frames) {
      while (free.head != nullptr) {
        FreeFrame* next = free.head->next;
        ::operator delete(free.head);
        free.head = next;
      }
      free.count = kFramesKept;  // frames released from now on go to the heap
    }
  }
};
thread_local Emptied emptied;

}  // namespace

void* allocate_frame_slow(std::size_t size) {
  emptied.armed = true;
  const std::size_t k = frame_class(size);
  return ::operator new(k < kFrameClasses ? k * kFrameStep : size);
}

void release_frame_slow(void* frame, std::size_t) noexcept { ::operator delete(frame); }

}  // namespace weir::runtime::detail
