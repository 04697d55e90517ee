#include "observe/series.hpp"

namespace weir::observe {

Window Series::last(base::Time now, base::Duration length) const {
  Window window;
  for (std::size_t i = samples_.size(); i-- > 0;) {
    const Sample& sample = samples_[i];
    if (sample.at + length <= now) break;
    window.seconds += static_cast<double>(sample.seconds);
    window.requests += sample.requests;
    window.errors += sample.errors;
    window.bytes_in += sample.bytes_in;
    window.bytes_out += sample.bytes_out;
  }
  return window;
}

}  // namespace weir::observe
