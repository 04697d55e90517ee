#pragma once
// Collector: once a second, from the lanes' counters to rates, percentiles and series.
//
//   lanes' Traffic --total()--> Track (per service, per endpoint) --> admin, Prometheus, alerts
//
// The caller names the subjects of each pass; the collector remembers at most `subjects_max` of
// them. When more appear, the one unused for longest is forgotten; when all are in use, the new
// ones are added up under "other" and counted, so that nothing is missing from the sum and nobody
// can fill the memory with names. One unused for 10 minutes has nothing left to show and is
// forgotten too. `all()` sums the services and never falls.
//
// Lives on the control lane. Does not read a clock; does not keep the pointers it is given.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "observe/subject.hpp"
#include "observe/track.hpp"

namespace weir::observe {

struct ListenerNumbers {
  telemetry::ListenerSnapshot totals;
  double accepted_per_second = 0;  ///< of the last closed second
};

/// The service and endpoint name of what has no room of its own.
inline constexpr std::string_view kOther = "other";

class Collector {
 public:
  static constexpr std::size_t kSubjectsMax = 1000;

  /// Requires: subjects_max > 0.
  explicit Collector(std::size_t subjects_max = kSubjectsMax);

  /// Brings totals up to the present without ending a second: before a scrape.
  void sync(std::span<const Subject> subjects);
  /// sync(), then ends the second: rates, percentiles and a sample of every subject. The first call
  /// takes its interval to be 1 s; a call that is not later than the last only syncs.
  void tick(base::Time now, std::span<const Subject> subjects);

  /// Null when never seen, or forgotten. Lifetime: until the next pass, as for all below.
  const Track* service(std::string_view name) const;
  const Track* endpoint(std::string_view service, std::string_view name) const;
  const ListenerNumbers* listener(std::string_view name) const;
  /// All services together.
  const Track& all() const noexcept { return all_; }

  /// Calls visit(SubjectName, const Track&) for what took part in the last pass, "other" last.
  template <class Visit>
  void each_track(SubjectKind kind, Visit visit) const {
    for (const Entry* entry : in_order_) {
      if (entry->key.kind == kind && entry->track) visit(entry->key.view(), *entry->track);
    }
    const Track* const other =
        kind == SubjectKind::service ? other_service_.get() : other_endpoint_.get();
    if (other != nullptr && kind != SubjectKind::listener) {
      visit(SubjectName{kind, kOther, kind == SubjectKind::endpoint ? kOther : ""}, *other);
    }
  }
  /// Calls visit(name, const ListenerNumbers&).
  template <class Visit>
  void each_listener(Visit visit) const {
    for (const Entry* entry : in_order_) {
      if (entry->key.kind == SubjectKind::listener) {
        visit(std::string_view(entry->key.service), entry->listener);
      }
    }
  }

  std::size_t subjects() const noexcept { return entries_.size(); }
  /// Grows by each subject that newly has to share "other".
  std::uint64_t dropped_subjects() const noexcept { return dropped_; }
  /// Subjects forgotten to make room.
  std::uint64_t forgotten_subjects() const noexcept { return forgotten_; }

 private:
  struct Entry {
    explicit Entry(const SubjectName& name) : key(name) {}

    SubjectKey key;
    std::uint64_t last_pass = 0;    // listed by the caller
    std::uint64_t folded_pass = 0;  // and taken in: a second subject of the same name is not
    std::size_t seconds_unused = 0;
    std::uint64_t incarnation = 0;
    std::unique_ptr<Track> track;  // of a service or an endpoint
    ListenerNumbers listener;
    std::uint64_t accepted_at_second = 0;
  };

  Entry* entry_for(const Subject& subject);
  bool make_room();
  void fold(Entry& entry, const Subject& subject);
  void fold_traffic(Entry& entry, const Subject& subject, bool anew);
  void fold_other(std::unique_ptr<Track>& track, telemetry::TrafficSnapshot sum, bool is_service);
  void close_second(base::Time now, base::Duration interval);
  void forget_unused();
  const Entry* find(const SubjectName& name) const;

  std::size_t subjects_max_;
  std::uint64_t pass_ = 0;
  std::optional<base::Time> last_tick_;
  std::unordered_map<SubjectKey, std::unique_ptr<Entry>, SubjectHash, SubjectEqual> entries_;
  std::vector<const Entry*> in_order_;  // of the last pass, as the caller listed them
  Track all_;
  std::unique_ptr<Track> other_service_;
  std::unique_ptr<Track> other_endpoint_;
  std::size_t sharing_ = 0;  // subjects in "other" in the last pass
  std::uint64_t dropped_ = 0;
  std::uint64_t forgotten_ = 0;
};

}  // namespace weir::observe
