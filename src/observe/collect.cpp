#include "observe/collect.hpp"

#include <utility>

#include "base/assert.hpp"

namespace weir::observe {

using telemetry::TrafficSnapshot;

Collector::Collector(std::size_t subjects_max) : subjects_max_(subjects_max) {
  WEIR_ASSERT(subjects_max > 0);
}

void Collector::sync(std::span<const Subject> subjects) {
  ++pass_;
  in_order_.clear();
  TrafficSnapshot other_service;
  TrafficSnapshot other_endpoint;
  std::size_t sharing = 0;
  // Known ones first: they must not be forgotten to make room for new ones in the same pass.
  for (const Subject& subject : subjects) {
    const auto found = entries_.find(SubjectName{subject.kind, subject.service, subject.endpoint});
    if (found != entries_.end()) found->second->last_pass = pass_;
  }
  for (const Subject& subject : subjects) {
    Entry* const entry = entry_for(subject);
    if (entry == nullptr) {
      ++sharing;
      if (subject.traffic == nullptr) continue;
      const bool is_service = subject.kind == SubjectKind::service;
      (is_service ? other_service : other_endpoint).add(subject.traffic->total());
    } else if (entry->folded_pass != pass_) {
      entry->folded_pass = pass_;
      fold(*entry, subject);
      in_order_.push_back(entry);
    }
  }
  if (sharing > sharing_) dropped_ += sharing - sharing_;
  sharing_ = sharing;
  fold_other(other_service_, std::move(other_service), true);
  fold_other(other_endpoint_, std::move(other_endpoint), false);
  std::int64_t in_flight = 0;
  each_track(SubjectKind::service, [&](const SubjectName&, const Track& track) {
    in_flight += track.totals().in_flight;
  });
  all_.set_in_flight(in_flight);
}

void Collector::tick(base::Time now, std::span<const Subject> subjects) {
  sync(subjects);
  const base::Duration interval = last_tick_ ? now - *last_tick_ : std::chrono::seconds(1);
  if (interval <= base::Duration::zero()) return;
  last_tick_ = now;
  close_second(now, interval);
  forget_unused();
}

void Collector::close_second(base::Time now, base::Duration interval) {
  const double seconds = std::chrono::duration<double>(interval).count();
  for (auto& [key, entry] : entries_) {
    const bool is_used = entry->last_pass == pass_;
    entry->seconds_unused = is_used ? 0 : entry->seconds_unused + 1;
    if (entry->track) {
      if (!is_used) entry->track->set_in_flight(0);
      entry->track->close_second(now, interval);
    }
    ListenerNumbers& listener = entry->listener;
    const std::uint64_t accepted = listener.totals.accepted;
    listener.accepted_per_second =
        static_cast<double>(accepted - entry->accepted_at_second) / seconds;
    entry->accepted_at_second = accepted;
  }
  for (Track* const other : {other_service_.get(), other_endpoint_.get()}) {
    if (other != nullptr) other->close_second(now, interval);
  }
  all_.close_second(now, interval);
}

void Collector::forget_unused() {
  std::erase_if(entries_,
                [](const auto& item) { return item.second->seconds_unused >= Series::kSamples; });
}

void Collector::fold(Entry& entry, const Subject& subject) {
  const bool anew = entry.incarnation != subject.incarnation;
  entry.incarnation = subject.incarnation;
  if (subject.listener != nullptr) {
    const auto before = entry.listener.totals.accepted;
    entry.listener.totals = subject.listener->total();
    if (anew || entry.listener.totals.accepted < before) entry.accepted_at_second = 0;
  }
  if (subject.traffic != nullptr) fold_traffic(entry, subject, anew);
}

void Collector::fold_traffic(Entry& entry, const Subject& subject, bool anew) {
  // What comes out of "other" was counted there; its first step here is only a starting point.
  const bool was_shared = !entry.track && sharing_ > 0;
  if (!entry.track) entry.track = std::make_unique<Track>();
  const auto policy = was_shared ? Track::Reset::ignore : Track::Reset::count_anew;
  entry.track->fold(subject.traffic->total(), policy, anew || was_shared);
  if (subject.kind == SubjectKind::service) all_.fold_delta(entry.track->last_delta());
}

// "other" sums whoever has no room; when one of them leaves, the sum falls and that step is
// ignored.
void Collector::fold_other(std::unique_ptr<Track>& track, TrafficSnapshot sum, bool is_service) {
  if (!track && sum.requests == 0 && sum.in_flight == 0) return;
  if (!track) track = std::make_unique<Track>();
  track->fold(std::move(sum), Track::Reset::ignore);
  if (is_service) all_.fold_delta(track->last_delta());
}

Collector::Entry* Collector::entry_for(const Subject& subject) {
  const SubjectName name{subject.kind, subject.service, subject.endpoint};
  if (const auto found = entries_.find(name); found != entries_.end()) {
    return found->second.get();
  }
  if (entries_.size() >= subjects_max_ && !make_room()) return nullptr;
  auto entry = std::make_unique<Entry>(name);
  entry->last_pass = pass_;
  entry->incarnation = subject.incarnation;
  return entries_.emplace(SubjectKey(name), std::move(entry)).first->second.get();
}

// Forgets the subject unused for longest. False when all are in use.
bool Collector::make_room() {
  auto oldest = entries_.end();
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    if (it->second->last_pass == pass_) continue;
    if (oldest == entries_.end() || it->second->last_pass < oldest->second->last_pass) oldest = it;
  }
  if (oldest == entries_.end()) return false;
  entries_.erase(oldest);
  ++forgotten_;
  return true;
}

const Collector::Entry* Collector::find(const SubjectName& name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : found->second.get();
}

const Track* Collector::service(std::string_view name) const {
  const Entry* const entry = find({SubjectKind::service, name, {}});
  return entry == nullptr ? nullptr : entry->track.get();
}

const Track* Collector::endpoint(std::string_view service, std::string_view name) const {
  const Entry* const entry = find({SubjectKind::endpoint, service, name});
  return entry == nullptr ? nullptr : entry->track.get();
}

const ListenerNumbers* Collector::listener(std::string_view name) const {
  const Entry* const entry = find({SubjectKind::listener, name, {}});
  return entry == nullptr ? nullptr : &entry->listener;
}

}  // namespace weir::observe
