#pragma once
// Report: what one run measured. All latencies are kept, so percentiles are exact.

#include <cstdint>
#include <string>
#include <vector>

namespace generator {

struct Errors {
  std::uint64_t connect = 0;     ///< no connection
  std::uint64_t closed = 0;      ///< the connection ended before the answer did
  std::uint64_t status = 0;      ///< an answer other than 200
  std::uint64_t body = 0;        ///< framing broken, or not the expected length
  std::uint64_t unanswered = 0;  ///< still open when the run gave up waiting

  std::uint64_t total() const { return connect + closed + status + body + unanswered; }
};

struct Report {
  std::uint64_t done = 0;
  Errors errors;
  std::uint64_t wall_ns = 0;
  std::uint64_t cpu_ns = 0;  ///< of this program
  /// From the intended send time in an open run, from the send in a closed one.
  std::vector<std::uint64_t> latency_ns;
  /// Open runs: how late a request was sent though a connection was free. The generator's fault.
  std::vector<std::uint64_t> lag_ns;

  /// Sorts; call once, before the printers.
  void finish();
  /// One JSON object on one line; times in microseconds.
  std::string json() const;
  std::string text() const;
};

}  // namespace generator
