#pragma once
// Supervisor: keeps children running. One Child per wanted process: start, listen to its control
// socket and its output, wait for its end, start again with back-off, until told to stop.
//
// Control socket: one JSON object a line, both ways, at most 64 KiB.
//   child → us:  {"ready":true,"port":8081} once, then {"facts":{...}} once a second
//   us → child:  {"drain":true}
// Lane-only: the control lane, whose thread outlives every child (child_process.hpp says why).

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "runtime/cancel.hpp"
#include "runtime/gate.hpp"
#include "supervise/child_process.hpp"
#include "supervise/output_log.hpp"
#include "supervise/restart_policy.hpp"

namespace weir::supervise {

enum class ChildState : std::uint8_t { starting, running, pausing, stopping, stopped };
std::string_view name(ChildState state) noexcept;

/// Hears what happens to a child, on the control lane.
class ChildObserver {
 public:
  virtual ~ChildObserver() = default;
  virtual void started(const std::string& child, pid_t pid) = 0;
  /// It listens. `port`: 0 when it did not say.
  virtual void ready(const std::string& child, std::uint16_t port) = 0;
  virtual void facts(const std::string& child, const base::json::value& facts) = 0;
  /// At once on the death notice. `pause`: until it starts again; negative when it will not.
  virtual void ended(const std::string& child, const std::string& how, base::Duration pause,
                     bool failing) = 0;
};

class Child {
 public:
  /// Lifetime: all references outlive the child's run().
  Child(runtime::Lane& lane, ChildSpec spec, OutputLog& output, ChildObserver& observer);

  /// Starts and keeps it until stop(). Ends when it is stopped.
  runtime::Task<void> run();
  /// SIGTERM, after `grace` SIGKILL; run() then ends. Idempotent.
  void stop(base::Duration grace);
  /// SIGTERM, and a new start without a pause.
  void restart(base::Duration grace);

  const std::string& name() const noexcept { return spec_.name; }
  ChildState state() const noexcept { return state_; }
  pid_t pid() const noexcept { return pid_; }

 private:
  runtime::Task<void> live(Started started);
  runtime::Task<void> read_output(Fd fd);
  runtime::Task<void> read_control(Fd fd);
  void take_message(const std::string& line);
  runtime::Task<void> kill_after(base::Duration grace);

  runtime::Lane& lane_;
  ChildSpec spec_;
  OutputLog& output_;
  ChildObserver& observer_;
  RestartPolicy policy_;
  ChildState state_ = ChildState::stopped;
  pid_t pid_ = -1;
  Fd pidfd_;
  bool stopping_ = false;
  bool restarting_ = false;
  bool was_ready_ = false;
  std::string end_;
  std::unique_ptr<runtime::CancelSource> pausing_;
  std::unique_ptr<runtime::CancelSource> dying_;
  std::unique_ptr<runtime::Gate> life_;  // of one live(): all that uses dying_ and pidfd_
};

}  // namespace weir::supervise
