#include "db/pool.hpp"

#include <fmt/format.h>

#include <chrono>

#include "base/assert.hpp"

namespace weir::db {

Pool::Pool(Target target, PoolOptions options)
    : target_(std::move(target)),
      options_(options),
      threads_(options_.connections_max, options_.waiting_max) {
  WEIR_ASSERT(options_.connections_max > 0);
}

Pool::~Pool() = default;

base::Result<Pool::Lease> Pool::lease() {
  std::unique_lock lock(mutex_);
  const bool free = returned_.wait_for(lock, options_.lease_wait,
                                       [this] { return leased_ < options_.connections_max; });
  if (!free) {
    return base::fail(base::Errc::overloaded,
                      fmt::format("all {} connections to {} are in use", options_.connections_max,
                                  describe(target_)),
                      base::Origin::internal, base::Retry::safe);
  }
  ++leased_;
  while (!idle_.empty()) {
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->usable()) return Lease(*this, std::move(connection));
    ++stats_.replaced;
  }
  if (trouble_ && base::real_now() < trouble_->until) {
    --leased_;
    returned_.notify_one();
    return base::Fail(trouble_->error);
  }
  lock.unlock();
  return make();
}

base::Result<Pool::Lease> Pool::make() {
  auto made = connect(target_, options_.connect);
  const std::lock_guard lock(mutex_);
  if (!made) {
    trouble_ = Trouble{base::real_now() + options_.reconnect_pause, made.error()};
    --leased_;
    returned_.notify_one();
    return base::Fail(std::move(made).error());
  }
  trouble_.reset();
  ++stats_.made;
  return Lease(*this, std::move(*made));
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
  const bool keep = connection->usable() && !connection->in_transaction();
  {
    const std::lock_guard lock(mutex_);
    --leased_;
    if (keep) {
      idle_.push_back(std::move(connection));
    } else {
      ++stats_.replaced;
    }
    returned_.notify_one();
  }
}

Pool::Stats Pool::stats() const {
  const std::lock_guard lock(mutex_);
  Stats out = stats_;
  out.idle = idle_.size();
  out.leased = leased_;
  return out;
}

}  // namespace weir::db
