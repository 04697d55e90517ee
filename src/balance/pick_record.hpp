#pragma once
// Pick record: everything that the picks of a lane depended on, in the order in which it happened,
// so that they can be made again elsewhere: docs/formats/pick-record.md. Pure: bytes to values and
// back; who writes them to a file is app/, who replays them simulate/.
//
//   file   = "WEIRPICK" u32(version = 1) *frame
//   frame  = u8(kind) u32(bytes of payload) payload          numbers are little-endian
//   kind   = 1 set / 2 pick / 3 learn / 4 sync / 5 service
//   head   = u16(lane) u32(service)                           begins each payload but service's
//   set    = head u64(policy) u64(generation) u8(maglev) f64(load bound) u16(arm) u8(n) n*u8(arm)
//            u64(scores version) u8(has scores) u32(n)
//            n*( u32(id) f32(weight) f32(table weight) u64(identity) [f64(score)] )
//   pick   = head i64(now) u16(arm) u64(key) 4*u64(rng) u32(service in flight) f64(median)
//            u8(n) n*u32(tried) u32(n) n*u32(in flight) u32(chosen id, 0 = nobody)
//   learn  = head u32(id) u8(failed) i64(took) i64(p95) i64(now)
//   sync   = head                                             the facts followed the newest set
//   service= u32(number) u8(n) n*byte                          its name
//
// A lane's frames are in order; frames of different lanes may be mixed in any way.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "balance/algorithm.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

namespace weir::balance {

struct RecordHead {
  std::uint16_t lane = 0;
  std::uint32_t service = 0;
  auto operator<=>(const RecordHead&) const = default;
};

struct RecordedEndpoint {
  std::uint32_t id = 0;
  float weight = 1;
  float table_weight = 1;  ///< hash tables go by the configured weight
  std::uint64_t identity = 0;
  double score = 0;
  bool operator==(const RecordedEndpoint&) const = default;
};

struct RecordedSet {
  RecordHead head;
  std::uint64_t policy = 0;
  std::uint64_t generation = 0;
  bool maglev = false;
  double load_bound = 1.25;
  std::uint16_t arm = 0;
  std::vector<Algorithm> arms;
  std::uint64_t scores_version = 0;
  bool has_scores = false;
  std::vector<RecordedEndpoint> endpoints;
  bool operator==(const RecordedSet&) const = default;
};

struct RecordedPick {
  RecordHead head;
  base::Time now{};
  std::uint16_t arm = 0;
  std::uint64_t key = 0;
  std::array<std::uint64_t, 4> rng{};
  std::uint32_t service_in_flight = 0;
  double median_us = 0;
  std::vector<std::uint32_t> tried;
  std::vector<std::uint32_t> in_flight;  ///< by index of the set
  std::uint32_t chosen = 0;              ///< id; 0: nobody
  bool operator==(const RecordedPick&) const = default;
};

struct RecordedLearn {
  RecordHead head;
  std::uint32_t id = 0;
  bool failed = false;
  base::Duration took{};
  base::Duration p95{};
  base::Time now{};
  bool operator==(const RecordedLearn&) const = default;
};

struct RecordedSync {
  RecordHead head;
  bool operator==(const RecordedSync&) const = default;
};

struct RecordedService {
  std::uint32_t number = 0;
  std::string name;
  bool operator==(const RecordedService&) const = default;
};

using PickRecord =
    std::variant<RecordedSet, RecordedPick, RecordedLearn, RecordedSync, RecordedService>;

/// What a file begins with.
std::string pick_record_magic();
/// Appends one frame.
void append_record(std::string& out, const PickRecord& record);

/// Reads the frames of a file one by one. Lifetime: a view into `bytes`.
class PickRecordReader {
 public:
  /// Fails: bad_message, when it does not begin as a record does or its version is another.
  static base::Result<PickRecordReader> open(std::string_view bytes);

  /// False at the end. A file that was cut inside a frame (its writer was killed) ends before it.
  bool at_end() const noexcept { return rest_.empty(); }
  bool was_cut() const noexcept { return was_cut_; }
  /// Fails: bad_message with the offset; then there is no way on. Requires: !at_end().
  base::Result<PickRecord> next();

 private:
  explicit PickRecordReader(std::string_view rest, std::size_t offset) noexcept
      : rest_(rest), offset_(offset) {
    drop_cut_frame();
  }
  void drop_cut_frame() noexcept;

  std::string_view rest_;
  std::size_t offset_;
  bool was_cut_ = false;
};

}  // namespace weir::balance
