#include "supervise/supervisor.hpp"

#include <fcntl.h>
#include <signal.h>

#include "runtime/spawn.hpp"
#include "supervise/line_reader.hpp"

namespace weir::supervise {
namespace {

constexpr std::size_t kOutputLineMax = 4096;
constexpr std::size_t kControlLineMax = 64 * 1024;

// Ends a reader when its child has died.
struct EndReading : runtime::CancelHook {
  EndReading(runtime::CancelSource& source, LineReader& lines)
      : CancelHook(source,
                   [](CancelHook& hook) { static_cast<EndReading&>(hook).reader.cancel(); }),
        reader(lines) {}
  LineReader& reader;
};

}  // namespace

std::string_view name(ChildState state) noexcept {
  switch (state) {
    case ChildState::starting:
      return "starting";
    case ChildState::running:
      return "running";
    case ChildState::pausing:
      return "pausing";
    case ChildState::stopping:
      return "stopping";
    case ChildState::stopped:
      return "stopped";
  }
  return "unknown";
}

Child::Child(runtime::Lane& lane, ChildSpec spec, OutputLog& output, ChildObserver& observer)
    : lane_(lane), spec_(std::move(spec)), output_(output), observer_(observer) {}

runtime::Task<void> Child::run() {
  stopping_ = false;
  while (!stopping_) {
    state_ = ChildState::starting;
    was_ready_ = false;
    const base::Time born = lane_.now();
    auto started = start(spec_);
    if (started) {
      pid_ = started->pid;
      observer_.started(spec_.name, pid_);
      auto living = live(std::move(*started));
      co_await living;
    } else {
      end_ = std::string(started.error().detail());
    }
    pid_ = -1;
    const RestartPolicy::Decision decision = policy_.died(born, lane_.now());
    if (stopping_) {
      observer_.ended(spec_.name, end_, base::Duration(-1), false);
      break;
    }
    const bool at_once = std::exchange(restarting_, false);
    const base::Duration pause = at_once ? base::Duration::zero() : decision.pause;
    observer_.ended(spec_.name, end_, pause, decision.failing);
    state_ = ChildState::pausing;
    pausing_ = std::make_unique<runtime::CancelSource>();
    co_await runtime::sleep_for(lane_, pause, pausing_.get());
    pausing_.reset();
  }
  state_ = ChildState::stopped;
}

runtime::Task<void> Child::live(Started started) {
  life_ = std::make_unique<runtime::Gate>();
  dying_ = std::make_unique<runtime::CancelSource>();
  pidfd_ = Fd(::fcntl(started.pidfd.get(), F_DUPFD_CLOEXEC, 3));
  if (!pidfd_) {  // out of descriptors: nothing could ever end it
    ::kill(-pid_, SIGKILL);
    end_ = reap(started.pidfd);
    co_return;
  }
  runtime::spawn(*life_, "child output", read_output(std::move(started.output)));
  runtime::spawn(*life_, "child control", read_control(std::move(started.control)));
  {
    Watch watch(lane_, std::move(started.pidfd));
    co_await watch.readiness.wait_readable({});
  }
  ::kill(-pid_, SIGKILL);  // what is left of its group; until it is reaped the id is its own
  end_ = reap(pidfd_);
  pidfd_.reset();
  dying_->request();
  auto closing = life_->close();
  co_await closing;
}

// Ends at the pipe's end; when the child has died but a grandchild still holds the pipe, at what
// was written until then.
runtime::Task<void> Child::read_output(Fd fd) {
  LineReader reader(lane_, std::move(fd), kOutputLineMax);
  EndReading hook(*dying_, reader);
  for (;;) {
    auto reading = reader.next();
    auto line = co_await reading;
    if (!line) co_return;
    output_.add(spec_.name, std::move(*line), base::wall_ms());
  }
}

runtime::Task<void> Child::read_control(Fd fd) {
  LineReader reader(lane_, std::move(fd), kControlLineMax);
  EndReading hook(*dying_, reader);
  for (;;) {
    auto reading = reader.next();
    const auto line = co_await reading;
    if (!line) co_return;
    take_message(*line);
  }
}

void Child::take_message(const std::string& line) {
  const auto message = base::parse_json(line);
  if (!message || !message->is_object()) return;  // a foreign program's noise
  const auto& object = message->get_object();
  if (const auto* facts = object.if_contains("facts")) observer_.facts(spec_.name, *facts);
  if (object.if_contains("ready") == nullptr || was_ready_) return;
  was_ready_ = true;
  state_ = ChildState::running;
  const auto* port = object.if_contains("port");
  const bool known =
      port != nullptr && port->is_int64() && port->get_int64() > 0 && port->get_int64() <= 65535;
  observer_.ready(spec_.name, known ? static_cast<std::uint16_t>(port->get_int64()) : 0);
}

runtime::Task<void> Child::kill_after(base::Duration grace) {
  const auto wake = co_await runtime::sleep_for(lane_, grace, dying_.get());
  if (wake == runtime::Wake::deadline && pidfd_) send_signal(pidfd_, SIGKILL);
}

void Child::stop(base::Duration grace) {
  stopping_ = true;
  restart(grace);
  restarting_ = false;
  if (pausing_) pausing_->request();
}

void Child::restart(base::Duration grace) {
  restarting_ = true;
  if (pausing_) {
    pausing_->request();
    restarting_ = false;
  }
  if (!pidfd_ || state_ == ChildState::stopping) return;
  state_ = ChildState::stopping;
  send_signal(pidfd_, SIGTERM);
  runtime::spawn(*life_, "kill after grace", kill_after(grace));
}

}  // namespace weir::supervise
