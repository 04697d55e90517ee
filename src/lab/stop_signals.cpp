#include "lab/stop_signals.hpp"

#include <signal.h>
#include <sys/signalfd.h>

#include "runtime/spawn.hpp"

namespace weir::lab {
namespace {

sigset_t stop_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

supervise::Fd open_signals() {
  const sigset_t set = stop_set();
  return supervise::Fd(::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

}  // namespace

void block_stop_signals() {
  const sigset_t set = stop_set();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

StopSignals::StopSignals(runtime::Lane& lane, runtime::CancelSource& end)
    : end_(end), watch_(lane, open_signals()) {}

void StopSignals::start() { runtime::spawn(gate_, "signals", listen()); }

runtime::Task<void> StopSignals::stop() {
  watch_.readiness.cancel();
  auto closing = gate_.close();
  co_await closing;
}

runtime::Task<void> StopSignals::listen() {
  for (;;) {
    const runtime::Wake wake = co_await watch_.readiness.wait_readable({});
    if (wake == runtime::Wake::cancelled) co_return;
    watch_.readiness.readable = false;
    signalfd_siginfo seen{};
    if (::read(watch_.fd(), &seen, sizeof seen) == static_cast<ssize_t>(sizeof seen)) break;
  }
  end_.request();
}

}  // namespace weir::lab
