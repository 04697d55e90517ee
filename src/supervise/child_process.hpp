#pragma once
// ChildProcess: starts one program and says when it is gone.
//
// Every child is started through `weir child-exec`, which asks the kernel to send it SIGKILL when
// its parent dies, and then becomes the program: a killed weir leaves nobody behind. The signal is
// tied to the *thread* that started it, so start() must be called on a thread that lives as long as
// the supervisor (the control lane).
//
// Descriptors of a child: 0 = /dev/null, 1 and 2 = one pipe to us, 3 = its control socket, named by
// WEIR_CONTROL_FD.

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "supervise/descriptor.hpp"

namespace weir::supervise {

struct ChildSpec {
  std::string name;                  ///< "web-server-1"
  std::vector<std::string> command;  ///< program first; "weir" means this very binary
  std::vector<std::pair<std::string, std::string>> environment;  ///< beside our own
};

/// A started program. Its descriptors are ours.
struct Started {
  pid_t pid = -1;
  Fd pidfd;    ///< readable when it has ended
  Fd output;   ///< what it writes to stdout and stderr
  Fd control;  ///< control socket
};

/// Fails: not_found (no such program), system. Nothing is left behind then.
base::Result<Started> start(const ChildSpec& spec);

/// How it ended: "exited with status 1", "killed by SIGKILL". Reaps it. Requires: it has ended.
std::string reap(const Fd& pidfd);

/// Sends through the pidfd, so that a reused pid can never be hit.
void send_signal(const Fd& pidfd, int signal) noexcept;

/// What `weir child-exec PARENT_PID PROGRAM ARGS...` does. Returns only on failure, with a status.
int child_exec(int argc, char** argv);

}  // namespace weir::supervise
