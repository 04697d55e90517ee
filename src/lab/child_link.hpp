#pragma once
// ChildLink: a demo program's end of the control socket that its supervisor holds
// (supervise/supervisor.hpp draws the protocol). One JSON object a line, both ways.
//
// Invariants
//  1. It never waits for the parent: a facts line that does not fit into the socket is dropped, a
//     line once begun is finished before the next.
//  2. The end of the socket means that the parent is gone; it asks for the end like `drain` does,
//     once.
// Without WEIR_CONTROL_FD (started by hand) it does nothing. Lane-only.

#include <memory>
#include <string>

#include "base/json.hpp"
#include "runtime/cancel.hpp"
#include "runtime/gate.hpp"
#include "supervise/descriptor.hpp"

namespace weir::lab {

/// What a demo program tells of itself, beside its memory and CPU time.
class Reporter {
 public:
  virtual ~Reporter() = default;
  /// Adds members to the facts object: "requests", "errors" and whatever else it counts.
  virtual void add_facts(base::json::object& facts) = 0;
};

class ChildLink {
 public:
  /// `control`: the socket, or none. `end` is requested when the parent says so or is gone.
  /// Lifetime: `lane`, `reporter` and `end` outlive it.
  ChildLink(runtime::Lane& lane, supervise::Fd control, Reporter& reporter,
            runtime::CancelSource& end);
  ChildLink(const ChildLink&) = delete;
  ChildLink& operator=(const ChildLink&) = delete;

  bool is_supervised() const noexcept { return watch_ != nullptr; }

  /// Begins to listen, and to report once a second.
  void start();
  /// `port`: where the program listens; 0 when it serves nobody.
  void ready(std::uint16_t port);
  /// One facts line now.
  void report();
  /// Ends both tasks. To be awaited before destruction.
  runtime::Task<void> stop();

  /// Lines that did not fit into the socket.
  std::uint64_t dropped() const noexcept { return dropped_; }

 private:
  runtime::Task<void> listen();
  runtime::Task<void> report_loop();
  bool read_some(std::string& line);
  void take_line(const std::string& line);
  void write_line(std::string line);
  bool write_unsent();

  runtime::Lane& lane_;
  Reporter& reporter_;
  runtime::CancelSource& end_;
  std::unique_ptr<supervise::Watch> watch_;
  runtime::CancelSource stopping_;
  runtime::Gate gate_;
  std::string unsent_;  // the rest of a line the socket took in part
  std::uint64_t dropped_ = 0;
  base::Time measured_at_;
  base::Duration cpu_then_;
};

/// The descriptor WEIR_CONTROL_FD names, made non-blocking and close-on-exec; none when the
/// variable is missing or names nothing open.
supervise::Fd control_from_environment();

/// Resident memory of this process; 0 when it cannot be read.
std::uint64_t own_rss_bytes();

}  // namespace weir::lab
