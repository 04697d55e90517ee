#pragma once
// start_background: a thread that does its own slow work (writing logs) and gets no signals.
//
// Signals are blocked while it starts, so that SIGTERM and SIGHUP reach the thread that is meant to
// handle them, whichever was started first.

#include <pthread.h>
#include <signal.h>

#include <thread>
#include <utility>

namespace weir::telemetry {

/// Requires: `name` of at most 15 characters; the caller joins.
template <class Body>
std::thread start_background(const char* name, Body body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(thread.native_handle(), name);
  return thread;
}

}  // namespace weir::telemetry
