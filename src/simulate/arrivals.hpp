#pragma once
// Arrivals: the requests of a world as an open model: they come when they come, whatever became of
// the earlier ones. Poisson; all of a request is drawn here, so that it does not depend on the
// algorithm under test.

#include <cstdint>

#include "base/clock.hpp"
#include "base/rng.hpp"
#include "simulate/draw.hpp"
#include "simulate/world.hpp"

namespace weir::simulate {

struct Request {
  std::uint64_t number = 0;  ///< from 0
  std::uint64_t hash = 0;    ///< of its id: arms, lanes and failures go by it
  base::Time at{};
  double work = 1;
  std::uint32_t key = 0;
  std::uint32_t client = 0;
  base::Duration hold{};  ///< of a stream, after its answer began; 0: not one
};

class Arrivals {
 public:
  Arrivals(const World& world, std::uint64_t seed);

  /// The request after `last`. Cost: a few draws.
  Request next(base::Time last);
  std::uint64_t sent() const noexcept { return number_; }

  void set_rate_factor(double factor) noexcept { gap_s_ = 1 / (world_.per_second * factor); }
  void set_work(const WorkShape& shape) noexcept { work_ = shape; }
  void set_stream_share(double share) noexcept { stream_share_ = share; }

 private:
  const World& world_;
  std::uint64_t seed_;
  base::Rng rng_;
  Popularity keys_;
  double gap_s_;
  WorkShape work_;
  double stream_share_;
  std::uint64_t number_ = 0;
};

}  // namespace weir::simulate
