#pragma once
// Subject: whose traffic is counted, as the caller names it for one pass of the collector.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "telemetry/traffic.hpp"

namespace weir::observe {

enum class SubjectKind : std::uint8_t { service, endpoint, listener };

struct Subject {
  SubjectKind kind = SubjectKind::service;
  std::string_view service;                     ///< a listener's name for a listener
  std::string_view endpoint;                    ///< its name or address; empty but for an endpoint
  const telemetry::Traffic* traffic = nullptr;  ///< of a service or an endpoint
  const telemetry::ListenerTraffic* listener = nullptr;  ///< of a listener
  /// Changes when the counters are not those of last time though the names are (an endpoint that
  /// left and came back): its id in the endpoint table, for example.
  std::uint64_t incarnation = 0;
};

/// The name of a subject: what a track is found by.
struct SubjectName {
  SubjectKind kind = SubjectKind::service;
  std::string_view service;
  std::string_view endpoint;

  friend bool operator==(const SubjectName&, const SubjectName&) noexcept = default;
};

/// The same, owning its text.
struct SubjectKey {
  explicit SubjectKey(const SubjectName& from)
      : kind(from.kind), service(from.service), endpoint(from.endpoint) {}
  SubjectName view() const noexcept { return {kind, service, endpoint}; }

  SubjectKind kind;
  std::string service;
  std::string endpoint;
};

struct SubjectHash {
  using is_transparent = void;
  std::size_t operator()(const SubjectName& name) const noexcept {
    const auto kind = static_cast<std::uint64_t>(name.kind);
    return base::hash64(name.endpoint, base::hash64(name.service, kind));
  }
  std::size_t operator()(const SubjectKey& key) const noexcept { return (*this)(key.view()); }
};

struct SubjectEqual {
  using is_transparent = void;
  static SubjectName view(const SubjectName& name) noexcept { return name; }
  static SubjectName view(const SubjectKey& key) noexcept { return key.view(); }
  template <class A, class B>
  bool operator()(const A& a, const B& b) const noexcept {
    return view(a) == view(b);
  }
};

}  // namespace weir::observe
