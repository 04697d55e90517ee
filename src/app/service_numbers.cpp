#include "app/service_numbers.hpp"

#include <algorithm>
#include <set>

#include "store/services.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kPatience = std::chrono::seconds(2);
constexpr std::string_view kOfTheFile = "{}";

}  // namespace

void ServiceNumbers::read() {
  auto rows = store_->read([](db::Connection& c) { return store::list_services(c, true); });
  if (!rows) return;
  is_read_ = true;
  for (const store::ServiceRow& row : *rows) {
    known_[row.name] = {static_cast<std::uint32_t>(row.number), row.removed_at_ms == 0,
                        row.definition};
  }
}

void ServiceNumbers::queue(store::Write write) {
  const auto queued = store_->write(std::move(write));
  if (!queued) log_.warn("config", "a service is not noted: {}", queued.error().detail());
}

// What is new or has changed, and what has left, in one go.
void ServiceNumbers::keep(const config::Settings& next,
                          const std::map<std::string, std::string>& definitions) {
  const std::int64_t now_ms = base::wall_ms();
  std::set<std::string> names;
  bool is_new = false;
  for (const config::Service& service : next.services) {
    names.insert(service.name);
    const auto found = definitions.find(service.name);
    const std::string definition(found == definitions.end() ? kOfTheFile
                                                            : std::string_view(found->second));
    const auto known = known_.find(service.name);
    const bool is_same =
        known != known_.end() && known->second.is_there && known->second.definition == definition;
    if (is_same) continue;
    is_new = true;
    auto write = store::save_service(service.name, definition, now_ms);
    if (write) queue(*std::move(write));
  }
  for (auto& [name, known] : known_) {
    if (!known.is_there || names.contains(name)) continue;
    known.is_there = false;
    queue(store::remove_service(name, now_ms));
  }
  if (!is_new) return;
  const auto flushed = store_->flush(base::Deadline(base::real_now() + kPatience));
  if (flushed) {
    read();
  } else {
    log_.warn("config", "numbers of services are not kept for now: {}", flushed.error().detail());
  }
}

void ServiceNumbers::assign(config::Settings& next,
                            const std::map<std::string, std::string>& definitions) {
  const bool has_store = store_ != nullptr && store_->health().ok;
  if (has_store && !is_read_) read();
  if (has_store && is_read_) keep(next, definitions);
  std::uint32_t highest = 0;
  for (const auto& [name, known] : known_) highest = std::max(highest, known.number);
  for (config::Service& service : next.services) {
    Known& known = known_[service.name];
    if (known.number == 0) known.number = ++highest;
    service.number = known.number;
  }
}

}  // namespace weir::app
