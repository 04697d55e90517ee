#include "app/run_instance.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <ctime>
#include <thread>

#include "app/command_line.hpp"

namespace weir::app {
namespace {

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

}  // namespace

void block_signals() {
  const sigset_t set = handled_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

bool asked_to_end() {
  sigset_t waiting;
  sigpending(&waiting);
  return sigismember(&waiting, SIGINT) == 1 || sigismember(&waiting, SIGTERM) == 1;
}

int run_until_signal(Instance& instance, base::Duration drain) {
  const sigset_t set = handled_signals();
  int signal = 0;
  do {
    sigwait(&set, &signal);
    if (signal == SIGHUP) {
      instance.reopen_logs();
      if (instance.has_file()) instance.reload_soon("SIGHUP");
    }
  } while (signal == SIGHUP);
  if (isatty(STDERR_FILENO) != 0) {
    fmt::print(stderr, "\nweir: stopping (again to stop at once)\n");
  }
  std::atomic<bool> done{false};
  std::thread stopper([&] {
    instance.stop(drain);
    done = true;
  });
  while (!done) {
    const timespec pause{0, 20'000'000};
    if (sigtimedwait(&set, nullptr, &pause) > 0 && !done) {
      // The kernel kills the children with us (parent-death signal).
      ::_exit(130);
    }
  }
  stopper.join();
  return kOk;
}

}  // namespace weir::app
