#include "app/event_sink.hpp"

#include "base/json.hpp"

namespace weir::app {
namespace {

store::LogRow row_of(const telemetry::LogEntry& entry) {
  store::LogRow row{.at_ms = entry.wall_ms,
                    .level = entry.level,
                    .service = {},
                    .component = entry.component,
                    .message = entry.message};
  base::json::object fields;
  for (const telemetry::LogField& each : entry.fields) {
    if (each.key == "service") row.service = each.text;
    auto number = base::parse_json(each.text);
    if (each.is_text || !number) {
      fields[each.key] = base::json::string(each.text);
    } else {
      fields[each.key] = std::move(*number);
    }
  }
  row.fields = base::to_text(fields);
  return row;
}

}  // namespace

void EventSink::write(const telemetry::LogEntry& entry) {
  file_.write(entry);
  if (entry.level < telemetry::Level::info || entry.component == "store") return;
  const std::lock_guard lock(mutex_);
  if (store_ != nullptr) {
    // A queue that is full has said so itself: nothing is to be done here.
    [[maybe_unused]] const auto queued = store_->write(store::insert(row_of(entry)));
  } else if (!was_attached_ && waiting_.size() < kWaitingMax) {
    waiting_.push_back(row_of(entry));
  }
}

void EventSink::attach(store::Store* store) {
  const std::lock_guard lock(mutex_);
  store_ = store;
  was_attached_ = true;
  for (const store::LogRow& row : waiting_) {
    if (store_ == nullptr) break;
    [[maybe_unused]] const auto queued = store_->write(store::insert(row));
  }
  waiting_.clear();
}

}  // namespace weir::app
