#include "net/buffer.hpp"

#include <cstdlib>

namespace weir::net {

BufferPool::~BufferPool() {
  WEIR_ASSERT(outstanding_ == 0);
  for (FreeList* list : {&large_, &small_}) {
    while (list->head != nullptr) {
      Block* next = list->head->next;
      std::free(list->head);
      list->head = next;
    }
  }
}

char* BufferPool::allocate(std::size_t size) {
  auto* block = static_cast<char*>(std::aligned_alloc(64, size));
  WEIR_ASSERT(block != nullptr);
  return block;
}

std::span<char> Buffer::room() {
  if (block_ == nullptr) {
    block_ = pool_.take_large();
  } else if (small_) {
    char* large = pool_.take_large();
    std::memcpy(large, block_ + begin_, size());
    pool_.give_small(block_);
    block_ = large;
    small_ = false;
    end_ -= begin_;
    begin_ = 0;
  } else if (begin_ > 0 && (end_ == BufferPool::kLarge || begin_ > BufferPool::kLarge / 2)) {
    std::memmove(block_, block_ + begin_, size());
    end_ -= begin_;
    begin_ = 0;
  }
  return {block_ + end_, BufferPool::kLarge - end_};
}

void Buffer::release() noexcept {
  if (block_ != nullptr) {
    if (small_) {
      pool_.give_small(block_);
    } else {
      pool_.give_large(block_);
    }
  }
  block_ = nullptr;
  begin_ = end_ = 0;
  small_ = false;
}

void Buffer::shrink() {
  if (block_ == nullptr || small_) return;
  if (empty()) {
    release();
    return;
  }
  if (size() > BufferPool::kSmall) return;
  char* small = pool_.take_small();
  std::memcpy(small, data(), size());
  pool_.give_large(block_);
  block_ = small;
  end_ -= begin_;
  begin_ = 0;
  small_ = true;
}

}  // namespace weir::net
