#include "balance/pick_record.hpp"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>

#include "balance/candidates.hpp"

namespace weir::balance {
namespace {

constexpr std::string_view kRecordMagic = "WEIRPICK";
constexpr std::uint32_t kRecordVersion = 1;
constexpr std::size_t kFrameHead = 5;
constexpr std::int64_t kLongest = std::int64_t{1} << 53;  // ns: 104 days
enum class FrameKind : std::uint8_t { set = 1, pick, learn, sync, service };
static_assert(std::endian::native == std::endian::little);

// ---- writing

class FrameWriter {
 public:
  FrameWriter(std::string& out, FrameKind kind) : out_(out), start_(out.size()) {
    put(kind);
    put(std::uint32_t{0});
  }
  ~FrameWriter() {
    const auto bytes = static_cast<std::uint32_t>(out_.size() - start_ - kFrameHead);
    std::memcpy(out_.data() + start_ + 1, &bytes, sizeof bytes);
  }
  template <class Number>
  void put(Number value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    out_.append(bytes, sizeof value);
  }
  void put_head(const RecordHead& head) {
    put(head.lane);
    put(head.service);
  }
  void put_text(std::string_view text) {
    const auto size = static_cast<std::uint8_t>(std::min<std::size_t>(text.size(), 255));
    put(size);
    out_.append(text.substr(0, size));
  }

 private:
  std::string& out_;
  std::size_t start_;
};

std::int64_t to_ns(base::Time time) { return time.time_since_epoch().count(); }

void write(std::string& out, const RecordedSet& set) {
  FrameWriter frame(out, FrameKind::set);
  frame.put_head(set.head);
  frame.put(set.policy);
  frame.put(set.generation);
  frame.put(static_cast<std::uint8_t>(set.maglev));
  frame.put(set.load_bound);
  frame.put(set.arm);
  frame.put(static_cast<std::uint8_t>(set.arms.size()));
  for (const Algorithm each : set.arms) frame.put(static_cast<std::uint8_t>(each));
  frame.put(set.scores_version);
  frame.put(static_cast<std::uint8_t>(set.has_scores));
  frame.put(static_cast<std::uint32_t>(set.endpoints.size()));
  for (const RecordedEndpoint& each : set.endpoints) {
    frame.put(each.id);
    frame.put(each.weight);
    frame.put(each.table_weight);
    frame.put(each.identity);
    if (set.has_scores) frame.put(each.score);
  }
}

void write(std::string& out, const RecordedPick& pick) {
  FrameWriter frame(out, FrameKind::pick);
  frame.put_head(pick.head);
  frame.put(to_ns(pick.now));
  frame.put(pick.arm);
  frame.put(pick.key);
  for (const std::uint64_t word : pick.rng) frame.put(word);
  frame.put(pick.service_in_flight);
  frame.put(pick.median_us);
  frame.put(static_cast<std::uint8_t>(pick.tried.size()));
  for (const std::uint32_t id : pick.tried) frame.put(id);
  frame.put(static_cast<std::uint32_t>(pick.in_flight.size()));
  for (const std::uint32_t load : pick.in_flight) frame.put(load);
  frame.put(pick.chosen);
}

void write(std::string& out, const RecordedLearn& learn) {
  FrameWriter frame(out, FrameKind::learn);
  frame.put_head(learn.head);
  frame.put(learn.id);
  frame.put(static_cast<std::uint8_t>(learn.failed));
  frame.put(std::int64_t{learn.took.count()});
  frame.put(std::int64_t{learn.p95.count()});
  frame.put(to_ns(learn.now));
}

void write(std::string& out, const RecordedSync& sync) {
  FrameWriter(out, FrameKind::sync).put_head(sync.head);
}

void write(std::string& out, const RecordedService& service) {
  FrameWriter frame(out, FrameKind::service);
  frame.put(service.number);
  frame.put_text(service.name);
}

// ---- reading

// Every read after a failed one gives 0; `ok` tells at the end.
class FrameReader {
 public:
  explicit FrameReader(std::string_view bytes) : bytes_(bytes) {}

  template <class Number>
  Number get() {
    Number value{};
    if (bytes_.size() < sizeof value) {
      ok_ = false;
      bytes_ = {};
      return value;
    }
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value;
  }
  RecordHead get_head() {
    RecordHead head;
    head.lane = get<std::uint16_t>();
    head.service = get<std::uint32_t>();
    return head;
  }
  base::Time get_time() { return base::Time(get_duration(std::int64_t{1} << 61)); }
  base::Duration get_duration(std::int64_t most) {
    const auto ns = get<std::int64_t>();
    if (ns < 0 || ns > most) ok_ = false;
    return base::Duration(ns < 0 || ns > most ? 0 : ns);
  }
  bool get_bool() {
    const auto value = get<std::uint8_t>();
    if (value > 1) ok_ = false;
    return value == 1;
  }
  /// A count of items of at least `each` bytes, all of which are there.
  std::size_t get_count(std::size_t count, std::size_t each) {
    if (count * each <= bytes_.size()) return count;
    ok_ = false;
    return 0;
  }
  std::string get_text() {
    const std::size_t size = get_count(get<std::uint8_t>(), 1);
    std::string text(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return text;
  }
  void refuse() { ok_ = false; }
  bool is_whole() const { return ok_ && bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

bool is_weight(float weight) { return std::isfinite(weight) && weight > 0; }

RecordedSet read_set(FrameReader& frame) {
  RecordedSet set;
  set.head = frame.get_head();
  set.policy = frame.get<std::uint64_t>();
  set.generation = frame.get<std::uint64_t>();
  set.maglev = frame.get_bool();
  set.load_bound = frame.get<double>();
  if (!(set.load_bound >= 1 && set.load_bound <= 100)) frame.refuse();
  set.arm = frame.get<std::uint16_t>();
  const std::size_t arms = frame.get_count(frame.get<std::uint8_t>(), 1);
  for (std::size_t i = 0; i < arms; ++i) {
    const auto arm = frame.get<std::uint8_t>();
    if (arm >= kAlgorithmNames.size()) frame.refuse();
    set.arms.push_back(static_cast<Algorithm>(arm));
  }
  if (set.arm >= set.arms.size()) frame.refuse();
  set.scores_version = frame.get<std::uint64_t>();
  set.has_scores = frame.get_bool();
  const std::size_t each = set.has_scores ? 28 : 20;
  const std::size_t count = frame.get_count(frame.get<std::uint32_t>(), each);
  set.endpoints.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    RecordedEndpoint endpoint;
    endpoint.id = frame.get<std::uint32_t>();
    endpoint.weight = frame.get<float>();
    endpoint.table_weight = frame.get<float>();
    endpoint.identity = frame.get<std::uint64_t>();
    if (set.has_scores) endpoint.score = frame.get<double>();
    const bool ascends = set.endpoints.empty() || set.endpoints.back().id < endpoint.id;
    const bool fits = ascends && is_weight(endpoint.weight) && is_weight(endpoint.table_weight) &&
                      std::isfinite(endpoint.score);
    if (!fits) frame.refuse();
    set.endpoints.push_back(endpoint);
  }
  return set;
}

RecordedPick read_pick(FrameReader& frame) {
  RecordedPick pick;
  pick.head = frame.get_head();
  pick.now = frame.get_time();
  pick.arm = frame.get<std::uint16_t>();
  pick.key = frame.get<std::uint64_t>();
  for (std::uint64_t& word : pick.rng) word = frame.get<std::uint64_t>();
  pick.service_in_flight = frame.get<std::uint32_t>();
  pick.median_us = frame.get<double>();
  if (!std::isfinite(pick.median_us)) frame.refuse();
  const std::size_t tried = frame.get_count(frame.get<std::uint8_t>(), 4);
  if (tried > Tried::kMax) frame.refuse();
  for (std::size_t i = 0; i < tried; ++i) pick.tried.push_back(frame.get<std::uint32_t>());
  const std::size_t loads = frame.get_count(frame.get<std::uint32_t>(), 4);
  pick.in_flight.reserve(loads);
  for (std::size_t i = 0; i < loads; ++i) pick.in_flight.push_back(frame.get<std::uint32_t>());
  pick.chosen = frame.get<std::uint32_t>();
  return pick;
}

RecordedLearn read_learn(FrameReader& frame) {
  RecordedLearn learn;
  learn.head = frame.get_head();
  learn.id = frame.get<std::uint32_t>();
  learn.failed = frame.get_bool();
  learn.took = frame.get_duration(kLongest);
  learn.p95 = frame.get_duration(kLongest);
  learn.now = frame.get_time();
  return learn;
}

RecordedService read_service(FrameReader& frame) {
  RecordedService service;
  service.number = frame.get<std::uint32_t>();
  service.name = frame.get_text();
  return service;
}

}  // namespace

std::string pick_record_magic() {
  std::string out(kRecordMagic);
  char version[sizeof kRecordVersion];
  std::memcpy(version, &kRecordVersion, sizeof version);
  return out.append(version, sizeof version);
}

void append_record(std::string& out, const PickRecord& record) {
  std::visit([&out](const auto& each) { write(out, each); }, record);
}

base::Result<PickRecordReader> PickRecordReader::open(std::string_view bytes) {
  const std::string magic = pick_record_magic();
  if (!bytes.starts_with(kRecordMagic) || bytes.size() < magic.size()) {
    return base::fail(base::Errc::bad_message, "this is no record of picks: it does not begin so");
  }
  if (!bytes.starts_with(magic)) {
    return base::fail(base::Errc::bad_message,
                      "this record of picks has another version; weir reads version 1");
  }
  return PickRecordReader(bytes.substr(magic.size()), magic.size());
}

void PickRecordReader::drop_cut_frame() noexcept {
  std::uint32_t bytes = 0;
  if (rest_.empty()) return;
  if (rest_.size() >= kFrameHead) std::memcpy(&bytes, rest_.data() + 1, sizeof bytes);
  if (rest_.size() >= kFrameHead && rest_.size() - kFrameHead >= bytes) return;
  was_cut_ = true;
  rest_ = {};
}

base::Result<PickRecord> PickRecordReader::next() {
  std::uint32_t bytes = 0;
  const auto kind = static_cast<FrameKind>(rest_.front());
  std::memcpy(&bytes, rest_.data() + 1, sizeof bytes);
  FrameReader frame(rest_.substr(kFrameHead, bytes));
  const std::size_t at = offset_;
  rest_.remove_prefix(kFrameHead + bytes);
  offset_ += kFrameHead + bytes;
  drop_cut_frame();
  PickRecord out;
  switch (kind) {
    case FrameKind::set:
      out = read_set(frame);
      break;
    case FrameKind::pick:
      out = read_pick(frame);
      break;
    case FrameKind::learn:
      out = read_learn(frame);
      break;
    case FrameKind::sync:
      out = RecordedSync{frame.get_head()};
      break;
    case FrameKind::service:
      out = read_service(frame);
      break;
    default:
      frame.refuse();
  }
  if (frame.is_whole()) return out;
  rest_ = {};
  return base::fail(base::Errc::bad_message, fmt::format("the frame at byte {} is broken", at));
}

}  // namespace weir::balance
