#include "simulate/arrivals.hpp"

#include "base/hash.hpp"

namespace weir::simulate {

Arrivals::Arrivals(const World& world, std::uint64_t seed)
    : world_(world),
      seed_(seed),
      rng_(base::mix64(seed)),
      keys_(world.keys, world.key_skew),
      gap_s_(1 / world.per_second),
      work_(world.work),
      stream_share_(world.streams.share) {}

Request Arrivals::next(base::Time last) {
  Request out;
  out.number = number_++;
  out.hash = base::mix64(out.number + base::mix64(seed_ + 1));
  out.at = last + from_ms(exponential(rng_) * gap_s_ * 1e3);
  out.work = draw_work(work_, rng_);
  out.key = keys_.draw(rng_);
  out.client = rng_.below(world_.clients);
  if (stream_share_ > 0 && rng_.unit() < stream_share_) {
    out.hold = from_ms(exponential(rng_) * world_.streams.mean_s * 1e3);
  }
  return out;
}

}  // namespace weir::simulate
