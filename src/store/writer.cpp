#include "store/writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "telemetry/background_thread.hpp"

namespace weir::store {
namespace {

// Flushes that wait at once; their callers are commands and tests, and few.
constexpr std::size_t kFlushesMax = 1024;
// Deletes of one trim; then waiting writes have their turn.
constexpr int kTrimRounds = 10;

base::Result<void> closed_early(bool is_commit_unknown) {
  return base::fail(base::Errc::cancelled,
                    is_commit_unknown ? "the store closed; whether this was written is not known"
                                      : "the store closed before this was written");
}

}  // namespace

Writer::Writer(db::Target target, WriterOptions options, telemetry::Log& log,
               std::unique_ptr<db::Connection> first, std::string reason)
    : options_(options),
      log_(log),
      batches_(std::move(target), options.connect, std::move(first), options.wall_ms),
      backoff_(options.backoff_first),
      trim_at_(base::real_now()),
      backlog_(options.backlog) {
  health_.ok = reason.empty();
  health_.reason = std::move(reason);
  health_.since_ms = options_.wall_ms();
  thread_ = telemetry::start_background("store", [this] { run(); });
}

Writer::~Writer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_at_ = base::real_now() + options_.stop_wait;
  }
  work_.notify_all();
  thread_.join();
}

// ---- any thread

base::Result<void> Writer::submit(Write write, Done done) {
  Entries displaced;
  std::vector<Waiter> due;
  base::Result<void> out;
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return base::fail(base::Errc::cancelled, "the store is closing");
    const bool matters = write.kind == Kind::record || done;
    const auto pushed = backlog_.push(std::move(write), std::move(done), displaced);
    const std::size_t waiting = backlog_.waiting();
    if (!pushed) {
      out = base::Fail(pushed.error());
    } else {
      const bool urgent = matters || waiting >= options_.batch_rows_max;
      wake = waiting == 1 || (urgent && !urgent_);
      urgent_ = urgent_ || urgent;
      if (waiting == 1) waiting_since_ = base::real_now();
    }
    if (!displaced.empty()) due = due_waiters();
  }
  if (wake) work_.notify_one();
  for (auto& entry : displaced) {
    if (!entry.done) continue;
    entry.done(base::fail(base::Errc::overloaded, "dropped: the store's queue is full"));
  }
  for (auto& waiter : due) waiter.done({});
  return out;
}

base::Result<void> Writer::flush(Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return base::fail(base::Errc::cancelled, "the store is closing");
    if (backlog_.rows() > 0) {
      if (waiters_.size() >= kFlushesMax) {
        return base::fail(base::Errc::overloaded, "too many flushes of the store at once");
      }
      waiters_.push_back({backlog_.next(), std::move(done)});
      urgent_ = true;
      work_.notify_one();
      return {};
    }
  }
  done({});
  return {};
}

std::vector<Writer::Waiter> Writer::due_waiters() {
  const std::uint64_t first = writing_from_ != 0 ? writing_from_ : backlog_.first_waiting();
  const auto is_due = [first](const Waiter& waiter) { return waiter.before <= first; };
  std::vector<Waiter> due;
  for (auto& waiter : waiters_) {
    if (is_due(waiter)) due.push_back({waiter.before, std::move(waiter.done)});
  }
  std::erase_if(waiters_, is_due);
  return due;
}

Health Writer::health() const {
  const std::lock_guard lock(mutex_);
  Health out = health_;
  out.queued_rows = backlog_.rows();
  out.queued_bytes = backlog_.bytes();
  const auto& dropped = backlog_.dropped();
  out.dropped_samples = dropped[static_cast<std::size_t>(Kind::sample)];
  out.dropped_logs = dropped[static_cast<std::size_t>(Kind::log)];
  out.refused_records = dropped[static_cast<std::size_t>(Kind::record)];
  return out;
}

// ---- the writer's thread

void Writer::run() {
  Entries batch;
  while (wait_for_batch(batch)) {
    if (!batch.empty()) write(batch);
    batch.clear();
    if (base::real_now() >= trim_at_) trim();
  }
  give_up_rest();
}

// False at the end. True without a batch when it is time to trim.
bool Writer::wait_for_batch(Entries& batch) {
  std::unique_lock lock(mutex_);
  for (;;) {
    const base::Time now = base::real_now();
    const std::size_t waiting = backlog_.waiting();
    if (stopping_ && (waiting == 0 || now >= stop_at_)) return false;
    base::Time until = trim_at_;
    if (waiting > 0) {
      const base::Time lingers_until = waiting_since_ + options_.linger;
      if (urgent_ || stopping_ || now >= lingers_until) {
        batch = backlog_.take(options_.batch_rows_max, options_.batch_bytes_max);
        urgent_ = backlog_.waiting() > 0;
        waiting_since_ = now;
        writing_from_ = batch.front().sequence;
        writing_to_ = batch.back().sequence;
        return true;
      }
      until = std::min(until, lingers_until);
    }
    if (now >= trim_at_) return true;
    work_.wait_for(lock, until - now);
  }
}

void Writer::write(std::span<Backlog::Entry> batch) {
  for (;;) {
    auto tried = batches_.write(batch);
    if (tried.result || (!tried.outage && batch.size() == 1)) {
      note_recovery();
      settle(batch, tried.result);
      return;
    }
    if (!tried.outage) {
      // One by one; at the end not each of them may wait for a database that went away meanwhile.
      for (std::size_t i = 0; i < batch.size(); ++i) {
        if (is_past_stop()) return settle(batch.subspan(i), closed_early(false));
        write(batch.subspan(i, 1));
      }
      return;
    }
    note_outage(tried.result.error());
    if (!pause()) return settle(batch, closed_early(batches_.is_commit_unknown()));
  }
}

void Writer::settle(std::span<Backlog::Entry> batch, const base::Result<void>& result) {
  std::vector<Waiter> due;
  {
    const std::lock_guard lock(mutex_);
    std::size_t bytes = 0;
    for (const auto& entry : batch) bytes += entry.bytes;
    backlog_.settle(batch.size(), bytes);
    // Of a batch that is written one by one, the next is still under way.
    const std::uint64_t last = batch.back().sequence;
    writing_from_ = last == writing_to_ ? 0 : last + 1;
    due = due_waiters();
    if (result) {
      health_.written += batch.size();
    } else if (result.error().code() != base::Errc::cancelled) {
      health_.rejected += batch.size();
    }
  }
  if (!result) {
    log_.warn("store", {{"writes", batch.size()}}, "not written: {}",
              std::string(result.error().detail()));
  }
  for (auto& entry : batch) {
    if (entry.done) entry.done(result);
  }
  for (auto& waiter : due) waiter.done({});
}

void Writer::note_recovery() {
  backoff_ = options_.backoff_first;
  {
    const std::lock_guard lock(mutex_);
    if (health_.ok) return;
    health_.ok = true;
    health_.reason.clear();
    health_.since_ms = options_.wall_ms();
  }
  log_.info("store", "the store takes writes again");
}

bool Writer::is_past_stop() const {
  const std::lock_guard lock(mutex_);
  return base::real_now() >= stop_at_;
}

void Writer::note_outage(const base::Error& error) {
  std::size_t queued = 0;
  {
    const std::lock_guard lock(mutex_);
    const bool first = health_.ok;
    health_.reason = error.detail();
    health_.ok = false;
    if (!first) return;
    health_.since_ms = options_.wall_ms();
    queued = backlog_.rows();
  }
  log_.warn("store", {{"queued", queued}}, "the store takes no writes; they wait: {}",
            std::string(error.detail()));
}

// False when it is time to give up.
bool Writer::pause() {
  std::unique_lock lock(mutex_);
  const base::Time end = base::real_now() + backoff_;
  backoff_ = std::min(backoff_ * 2, options_.backoff_max);
  for (;;) {
    const base::Time now = base::real_now();
    if (now >= stop_at_) return false;
    if (now >= end) return true;
    // stop_at_ comes nearer when the end begins, and that is notified.
    work_.wait_for(lock, std::min(end, stop_at_) - now);
  }
}

void Writer::trim() {
  int rounds = 0;
  std::int64_t deleted = 0;
  bool more = false;
  for (const Statement& statement : trim_statements(options_.retention, options_.wall_ms())) {
    base::Result<std::int64_t> done = kTrimRows;
    while (done && *done == kTrimRows && rounds < kTrimRounds) {
      done = batches_.run(statement);
      if (done) deleted += *done;
      ++rounds;
    }
    if (!done) {
      note_outage(done.error());
      break;
    }
    note_recovery();
    more = more || *done == kTrimRows;
  }
  trim_at_ = more ? base::real_now() : base::real_now() + options_.trim_every;
  const std::lock_guard lock(mutex_);
  health_.trimmed += static_cast<std::uint64_t>(deleted);
}

void Writer::give_up_rest() {
  Entries rest;
  std::vector<Waiter> waiters;
  {
    const std::lock_guard lock(mutex_);
    rest = backlog_.take_all();
    waiters.swap(waiters_);
  }
  if (!rest.empty()) {
    log_.error("store", "the store closed with {} writes unwritten", rest.size());
  }
  const base::Result<void> closed = closed_early(false);
  for (auto& entry : rest) {
    if (entry.done) entry.done(closed);
  }
  for (auto& waiter : waiters) waiter.done(closed);
}

}  // namespace weir::store
