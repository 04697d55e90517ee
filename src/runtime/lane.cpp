#include "runtime/lane.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/assert.hpp"

namespace weir::runtime {
namespace {

// Enough for a saturated turn; a larger batch delays the deadlines behind it.
constexpr int kEventsPerTurn = 256;
constexpr std::uint64_t kWakeKey = 0;

std::uint64_t key_of(std::uint32_t slot, std::uint32_t generation) noexcept {
  return (std::uint64_t{generation} << 32) | slot;
}

}  // namespace

Lane::Lane(unsigned number, Clock clock)
    : number_(number),
      clock_(clock),
      now_(clock == Clock::real ? base::real_now() : base::Time(std::chrono::hours(1))),
      manual_now_(now_),
      wheel_(now_),
      slots_(1) {
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  wake_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  WEIR_ASSERT(epoll_fd_ >= 0 && wake_fd_ >= 0);
  epoll_event event{};
  event.events = EPOLLIN;  // level-triggered: a missed wake would lose posted work
  event.data.u64 = kWakeKey;
  WEIR_ASSERT(epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, wake_fd_, &event) == 0);
}

Lane::~Lane() {
  close(epoll_fd_);
  close(wake_fd_);
}

base::Time Lane::precise_now() const noexcept {
  return clock_ == Clock::real ? base::real_now() : manual_now_;
}

base::Result<std::uint32_t> Lane::add(int fd, Readiness& readiness) {
  std::uint32_t slot = free_slot_;
  if (slot == 0) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    free_slot_ = slots_[slot].next_free;
  }
  slots_[slot].readiness = &readiness;
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = key_of(slot, slots_[slot].generation);
  if (epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) {
    const int os_error = errno;
    remove(slot);
    return base::Fail(base::Error::from_errno(os_error, "epoll_ctl"));
  }
  return slot;
}

void Lane::remove(std::uint32_t slot) noexcept {
  Slot& gone = slots_[slot];
  gone.readiness = nullptr;
  ++gone.generation;  // events of this batch that still name the slot find another generation
  gone.next_free = free_slot_;
  free_slot_ = slot;
}

void Lane::remove_open(std::uint32_t slot, int fd) noexcept {
  epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  remove(slot);
}

void Lane::post(std::move_only_function<void()> work) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(work));
  }
  if (!wake_pending_.exchange(true)) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(wake_fd_, &one, sizeof one);
  }
}

void Lane::stop() {
  post([this] { stopping_ = true; });
}

void Lane::run() {
  stopping_ = false;
  while (!stopping_) turn(true);
}

int Lane::wait_ms(bool may_wait) const noexcept {
  if (!may_wait || !ready_.empty()) return 0;
  const base::Time wake = wheel_.next_wake();
  if (wake == base::kNever) return -1;
  if (wake <= now_) return 0;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wake - now_).count();
  return static_cast<int>(std::min<std::int64_t>(ms, 60'000));
}

bool Lane::turn(bool may_wait) {
  bool worked = run_ready();
  std::array<epoll_event, kEventsPerTurn> events;
  const int count = epoll_wait(epoll_fd_, events.data(), kEventsPerTurn, wait_ms(may_wait));
  now_ = clock_ == Clock::real ? base::real_now() : manual_now_;
  ++stats_.turns;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == kWakeKey) continue;
    dispatch(event.data.u64, event.events);
    ++stats_.events;
    worked = true;
  }
  wheel_.advance(now_);
  if (wake_pending_.load(std::memory_order_acquire)) worked = run_posted() || worked;
  return worked || !ready_.empty();
}

void Lane::dispatch(std::uint64_t key, std::uint32_t events) {
  const auto slot = static_cast<std::uint32_t>(key);
  const auto alive = [&] { return key_of(slot, slots_[slot].generation) == key; };
  if (!alive()) return;
  Readiness& readiness = *slots_[slot].readiness;
  const bool hangup = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (hangup) readiness.hangup = true;
  if (hangup || (events & EPOLLIN) != 0) readiness.readable = true;
  if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) readiness.writable = true;

  if (readiness.writable && readiness.writer_.waiting()) {
    readiness.writer_.resume(Wake::ready);
    if (!alive()) return;
  }
  if (readiness.readable && readiness.reader_.waiting()) {
    readiness.reader_.resume(Wake::ready);
    if (!alive()) return;
  }
  if (hangup && readiness.hangup_watcher_ != nullptr) {
    Waiter& watcher = readiness.hangup_watcher_->reader_;
    if (watcher.waiting()) watcher.resume(Wake::cancelled);
  }
}

bool Lane::run_ready() {
  if (ready_.empty()) return false;
  running_.swap(ready_);
  for (const auto frame : running_) frame.resume();
  running_.clear();
  return true;
}

bool Lane::run_posted() {
  std::uint64_t drained = 0;
  [[maybe_unused]] const auto got = read(wake_fd_, &drained, sizeof drained);
  wake_pending_.store(false);
  std::vector<std::move_only_function<void()>> batch;
  {
    const std::lock_guard lock(posted_mutex_);
    batch.swap(posted_);
  }
  for (auto& work : batch) work();
  return !batch.empty();
}

}  // namespace weir::runtime
