// ControlPlane: what is written down while it runs.
#include "app/control_plane.hpp"

namespace weir::app {

void ControlPlane::keep_records(store::Store& store) {
  records_ = std::make_unique<RecordWriter>(store, log_);
}

void ControlPlane::write_down(const std::vector<control::ServiceEntry>& services) {
  if (records_ == nullptr) return;
  const Instant at{lane_.now(), base::wall_ms()};
  records_->look(services, at.wall_ms);
  for (const auto& [name, unit] : units_) {
    if (unit->scaler() != nullptr) records_->decided(name, unit->scaler()->take_news(), at);
  }
}

}  // namespace weir::app
