#include "store/backlog.hpp"

#include <fmt/format.h>

namespace weir::store {

bool Backlog::fits(std::size_t bytes) const noexcept {
  return rows_ < limits_.rows_max && bytes_ + bytes <= limits_.bytes_max;
}

void Backlog::displace(std::deque<Entry>& from, std::vector<Entry>& displaced) {
  Entry entry = std::move(from.front());
  from.pop_front();
  --rows_;
  bytes_ -= entry.bytes;
  ++dropped_[static_cast<std::size_t>(entry.write.kind)];
  displaced.push_back(std::move(entry));
}

base::Result<std::uint64_t> Backlog::push(Write write, Done&& done, std::vector<Entry>& displaced) {
  const std::size_t bytes = size_of(write);
  const Kind kind = write.kind;
  if (bytes > limits_.write_bytes_max) {
    ++dropped_[static_cast<std::size_t>(kind)];
    return base::fail(
        base::Errc::too_large,
        fmt::format("a write of {} bytes; at most {} are taken", bytes, limits_.write_bytes_max));
  }
  for (const Kind victim : {Kind::sample, Kind::log}) {
    while (victim <= kind && !fits(bytes) && !of(victim).empty()) displace(of(victim), displaced);
  }
  if (!fits(bytes)) {
    ++dropped_[static_cast<std::size_t>(kind)];
    return base::fail(base::Errc::overloaded,
                      fmt::format("the store's queue is full: {} writes, {} bytes", rows_, bytes_),
                      base::Origin::internal, base::Retry::safe);
  }
  ++rows_;
  bytes_ += bytes;
  of(kind).push_back({next_, bytes, std::move(write), std::move(done)});
  return next_++;
}

std::deque<Backlog::Entry>* Backlog::oldest() noexcept {
  std::deque<Entry>* found = nullptr;
  for (auto& queue : waiting_) {
    if (queue.empty()) continue;
    if (found == nullptr || queue.front().sequence < found->front().sequence) found = &queue;
  }
  return found;
}

std::vector<Backlog::Entry> Backlog::take(std::size_t rows_max, std::size_t bytes_max) {
  std::vector<Entry> out;
  std::size_t bytes = 0;
  for (auto* queue = oldest(); queue != nullptr && out.size() < rows_max; queue = oldest()) {
    if (!out.empty() && bytes + queue->front().bytes > bytes_max) break;
    bytes += queue->front().bytes;
    out.push_back(std::move(queue->front()));
    queue->pop_front();
  }
  return out;
}

std::vector<Backlog::Entry> Backlog::take_all() {
  auto all = take(rows_, bytes_);
  for (const Entry& entry : all) settle(1, entry.bytes);
  return all;
}

void Backlog::settle(std::size_t rows, std::size_t bytes) noexcept {
  rows_ -= rows;
  bytes_ -= bytes;
}

std::size_t Backlog::waiting() const noexcept {
  std::size_t count = 0;
  for (const auto& queue : waiting_) count += queue.size();
  return count;
}

std::uint64_t Backlog::first_waiting() const noexcept {
  std::uint64_t first = next_;
  for (const auto& queue : waiting_) {
    if (!queue.empty() && queue.front().sequence < first) first = queue.front().sequence;
  }
  return first;
}

}  // namespace weir::store
