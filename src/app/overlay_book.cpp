#include "app/overlay_book.hpp"

#include <fmt/format.h>

#include <utility>

namespace weir::app {

bool OverlayBook::load() {
  if (store_ == nullptr) return true;
  auto read =
      store_->read([](db::Connection& connection) { return store::read_overlay(connection); });
  if (!read) {
    if (!std::exchange(is_said_, true)) {
      log_.error("config", "what was changed at run time cannot be read from the store yet: {}",
                 read.error().detail());
    }
    return false;
  }
  const std::lock_guard lock(mutex_);
  for (store::OverlayRow& row : *read) {
    if (rows_.size() < kRowsMax) {
      std::string key = row.key;
      rows_.emplace(std::move(key), std::move(row));
    }
  }
  return true;
}

std::vector<store::OverlayRow> OverlayBook::rows() const {
  const std::lock_guard lock(mutex_);
  std::vector<store::OverlayRow> out;
  for (const auto& [key, row] : rows_) out.push_back(row);
  return out;
}

std::vector<store::OverlayRow> OverlayBook::active_rows() const {
  const std::lock_guard lock(mutex_);
  std::vector<store::OverlayRow> out;
  for (const auto& [key, row] : rows_) {
    if (!idle_.contains(key)) out.push_back(row);
  }
  return out;
}

void OverlayBook::set_idle(std::set<std::string> keys) {
  const std::lock_guard lock(mutex_);
  idle_ = std::move(keys);
}

bool OverlayBook::is_idle(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return idle_.contains(key);
}

bool OverlayBook::has_idle() const {
  const std::lock_guard lock(mutex_);
  return !idle_.empty();
}

bool OverlayBook::has(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  return rows_.contains(key);
}

bool OverlayBook::is_full() const {
  const std::lock_guard lock(mutex_);
  return rows_.size() >= kRowsMax;
}

void OverlayBook::write(base::Result<store::Write> write, const std::string& key) {
  if (store_ == nullptr) return;
  auto queued = write ? store_->write(*std::move(write)) : base::Fail(std::move(write).error());
  if (queued) return;
  log_.error("config", {{"key", key}}, "the change ends with this weir: {}",
             queued.error().detail());
}

void OverlayBook::set(store::OverlayRow row) {
  const std::lock_guard lock(mutex_);
  if (!rows_.contains(row.key) && rows_.size() >= kRowsMax) {
    log_.error("config", {{"key", row.key}}, "the change ends with this weir: there are {} already",
               rows_.size());
    return;
  }
  write(store::set(row), row.key);
  idle_.erase(row.key);
  rows_.insert_or_assign(row.key, std::move(row));
}

bool OverlayBook::unset(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (rows_.erase(key) == 0) return false;
  idle_.erase(key);
  write(store::unset_overlay(key), key);
  return true;
}

std::set<std::string> rows_named(const std::vector<config::Problem>& problems,
                                 const std::vector<store::OverlayRow>& rows) {
  std::set<std::string> out;
  for (const config::Problem& problem : problems) {
    for (const store::OverlayRow& row : rows) {
      if (!problem.file.starts_with(row.key)) continue;
      const std::string_view rest = std::string_view(problem.file).substr(row.key.size());
      if (rest.empty() || rest.front() == '.' || rest.front() == '[') out.insert(row.key);
    }
  }
  return out;
}

std::string origin_word(std::string_view by) { return by.ends_with("weir-cli") ? "cli" : "api"; }

std::vector<config::OverlayEntry> config_entries(const std::vector<store::OverlayRow>& rows) {
  std::vector<config::OverlayEntry> out;
  for (const store::OverlayRow& row : rows) {
    if (!config::is_overlay_key(row.key)) continue;
    out.push_back({row.key, row.value, row.file_value,
                   fmt::format("run time, by {} ({})", row.who, row.origin)});
  }
  return out;
}

}  // namespace weir::app
