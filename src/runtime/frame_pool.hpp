#pragma once
// Frame pool: coroutine frames come from thread-local free lists of 64-byte size classes, so a task
// costs no heap allocation once its class is warm. A block freed on another thread joins that
// thread's list; lists are capped, so a burst does not keep its memory for ever.
// Off under AddressSanitizer, which must see every frame's death.

#include <cstddef>

namespace weir::runtime {

/// Cost: a few instructions when the class has a free block. Out of memory aborts.
void* allocate_frame(std::size_t size);
/// `size` is the size that was asked for.
void release_frame(void* frame, std::size_t size) noexcept;

}  // namespace weir::runtime
