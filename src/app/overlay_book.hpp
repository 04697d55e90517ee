#pragma once
// OverlayBook: what was changed at run time, in memory and in the store. Memory is what counts
// while weir runs, so that an absent database holds nothing up; without a store it ends with it.
//
// Thread-safe. Writes are queued in the order of the calls.

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "config/overlay.hpp"
#include "store/overlay.hpp"
#include "store/store.hpp"
#include "telemetry/log.hpp"

namespace weir::app {

class OverlayBook {
 public:
  /// Most rows: each is a person's or a program's change, and all are read at each change.
  static constexpr std::size_t kRowsMax = 10'000;

  /// `store`: null for none. Lifetime: both outlive the book.
  OverlayBook(store::Store* store, telemetry::Log& log) : store_(store), log_(log) {}

  /// Reads what the store has; what was changed since weir started stays. False: the store is away,
  /// which the log says once. Blocks.
  bool load();

  /// By key.
  std::vector<store::OverlayRow> rows() const;
  /// Without those that stand aside: they contradict the file as it is.
  std::vector<store::OverlayRow> active_rows() const;
  /// Keys that stand aside from now on; what is set again does not.
  void set_idle(std::set<std::string> keys);
  bool is_idle(const std::string& key) const;
  bool has_idle() const;
  bool has(const std::string& key) const;
  bool is_full() const;
  /// Sets or replaces; refused, with a line in the log, when the book is full.
  void set(store::OverlayRow row);
  /// No effect when it is not there; returns whether it was.
  bool unset(const std::string& key);

 private:
  void write(base::Result<store::Write> write, const std::string& key);

  store::Store* const store_;
  telemetry::Log& log_;
  bool is_said_ = false;  // of load()'s caller
  mutable std::mutex mutex_;
  std::map<std::string, store::OverlayRow> rows_;  // guarded
  std::set<std::string> idle_;                     // guarded
};

/// "cli" for weir's own commands, else "api". `by`: who asked, as the log shows it.
std::string origin_word(std::string_view by);

/// Keys of the rows that these problems are about.
std::set<std::string> rows_named(const std::vector<config::Problem>& problems,
                                 const std::vector<store::OverlayRow>& rows);

/// The rows that are keys of the file's, as its reader takes them.
std::vector<config::OverlayEntry> config_entries(const std::vector<store::OverlayRow>& rows);

}  // namespace weir::app
