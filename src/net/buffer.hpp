#pragma once
// Buffer: bytes that were read and not yet used, in a pooled block that is held only while there
// are any. Idle connections hold no buffer, and the block a read gets is the one used last, so it
// is warm in the cache (engine.md, technique 3).
//
// A partly read message that must wait moves into a small block, so that slow clients cannot pin a
// large one each.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string_view>

#include "base/assert.hpp"

namespace weir::net {

/// Blocks of one lane. Lane-only; outlives its buffers.
class BufferPool {
 public:
  /// A 64 KiB head limit, plus 8 KiB so that a full head still leaves room to read on.
  static constexpr std::size_t kLarge = 72 * 1024;
  static constexpr std::size_t kSmall = 1024;

  BufferPool() = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  char* take_large() { return take(large_, kLarge); }
  char* take_small() { return take(small_, kSmall); }
  void give_large(char* block) noexcept { give(large_, block, kCachedLarge); }
  void give_small(char* block) noexcept { give(small_, block, kCachedSmall); }

  /// Blocks in use now.
  std::size_t outstanding() const noexcept { return outstanding_; }

 private:
  // Beyond these a returned block goes back to the heap: 18 MiB and 4 MiB stay at most.
  static constexpr std::uint32_t kCachedLarge = 256;
  static constexpr std::uint32_t kCachedSmall = 4096;

  struct Block {
    Block* next;
  };
  struct FreeList {
    Block* head = nullptr;
    std::uint32_t count = 0;
  };

  char* take(FreeList& free, std::size_t size) {
    ++outstanding_;
    Block* block = free.head;
    if (block == nullptr) [[unlikely]]
      return allocate(size);
    free.head = block->next;
    --free.count;
    return reinterpret_cast<char*>(block);
  }
  void give(FreeList& free, char* memory, std::uint32_t keep) noexcept {
    --outstanding_;
    if (free.count >= keep) [[unlikely]] {
      std::free(memory);
      return;
    }
    auto* block = reinterpret_cast<Block*>(memory);
    block->next = free.head;
    free.head = block;
    ++free.count;
  }
  static char* allocate(std::size_t size);

  FreeList large_;
  FreeList small_;
  std::size_t outstanding_ = 0;
};

class Buffer {
 public:
  explicit Buffer(BufferPool& pool) noexcept : pool_(pool) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { release(); }

  std::string_view view() const noexcept { return {block_ + begin_, end_ - begin_}; }
  const char* data() const noexcept { return block_ + begin_; }
  std::size_t size() const noexcept { return end_ - begin_; }
  bool empty() const noexcept { return begin_ == end_; }

  /// Makes room to read into, in a large block; moves the bytes to its front when more than half of
  /// the block lies before them. Views into the buffer are invalid afterwards.
  std::span<char> room();
  void filled(std::size_t bytes) noexcept { end_ += static_cast<std::uint32_t>(bytes); }
  /// Nothing more can be read until something is consumed.
  bool full() const noexcept {
    return block_ != nullptr && !small_ && size() == BufferPool::kLarge;
  }

  /// Drops the first `bytes`; an empty buffer gives its block back.
  void consume(std::size_t bytes) noexcept {
    begin_ += static_cast<std::uint32_t>(bytes);
    if (begin_ == end_) release();
  }
  void release() noexcept;
  /// To be called before a wait: a few bytes move into a small block. Views become invalid.
  void shrink();

 private:
  BufferPool& pool_;
  char* block_ = nullptr;
  std::uint32_t begin_ = 0;
  std::uint32_t end_ = 0;
  bool small_ = false;
};

}  // namespace weir::net
