#pragma once
// PickRecorder: writes down what each pick of a lane depended on, so that `weir simulate --replay`
// can make it again (balance/pick_record). Off unless asked for; then every pick is recorded, from
// the lane's first on, since a pick depends on all that was learned before it.
//
// 1. The numbers that other lanes change meanwhile (in-flight counts) are copied first, and the
//    pick is made from the copy: what is recorded is what was seen.
// 2. It never blocks: a sink that cannot keep up, or is full, ends the recording of that lane. What
//    was written until then stays whole.
// Lane-only but for the sink.

#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "balance/pick_input.hpp"
#include "balance/pick_record.hpp"
#include "upstream/endpoint_set.hpp"
#include "upstream/service.hpp"

namespace weir::upstream {

/// Takes finished frames. From any thread.
class RecordSink {
 public:
  virtual ~RecordSink() = default;
  /// False: no more is taken, now or later. Never blocks.
  virtual bool give(std::string frames) = 0;
};

class PickRecorder {
 public:
  /// Lifetime: the sink outlives this.
  PickRecorder(RecordSink& sink, unsigned lane) : sink_(sink), lane_(lane) {}
  ~PickRecorder() { flush(); }
  PickRecorder(const PickRecorder&) = delete;
  PickRecorder& operator=(const PickRecorder&) = delete;

  bool is_on() const noexcept { return on_; }

  /// The copies that the pick is to be made from, valid until the next call.
  struct Seen {
    balance::Candidates candidates;
    balance::PickTables tables;
  };
  Seen look(const Service& service, const EndpointSet& set, const balance::PickTables& tables);
  /// The pick made from the last look().
  void picked(const Service& service, const balance::Tried& tried, std::uint64_t key,
              std::size_t arm, const base::Rng& before, base::Time now, std::uint32_t chosen);
  void learned(const Service& service, std::uint32_t id, bool failed, base::Duration took,
               base::Duration p95, base::Time now);
  /// The lane's facts followed `set` without a pick.
  void synced(const Service& service, const EndpointSet& set);
  /// Hands over what is written. At most a second old when called once a second.
  void flush();

 private:
  balance::RecordHead head(const Service& service) const noexcept {
    return {static_cast<std::uint16_t>(lane_), service.slot};
  }
  void note_set(const Service& service, const EndpointSet& set);
  void add(const balance::PickRecord& record);

  struct Copies {
    std::unique_ptr<std::atomic<std::uint32_t>[]> loads;
    std::vector<const std::atomic<std::uint32_t>*> pointers;
  };

  RecordSink& sink_;
  const unsigned lane_;
  bool on_ = true;
  std::string frames_;
  std::unordered_map<std::uint32_t, std::pair<std::uint64_t, std::uint64_t>>
      noted_;  // slot -> policy and generation of the set written last
  Copies copies_;
  std::atomic<std::uint32_t> service_in_flight_{0};
  balance::RecordedPick pick_;  // kept for its memory
};

}  // namespace weir::upstream
