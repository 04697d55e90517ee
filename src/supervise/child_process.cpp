#include "supervise/child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

extern char** environ;

namespace weir::supervise {
namespace {

constexpr int kControlFd = 3;
constexpr const char* kSelf = "/proc/self/exe";

struct SpawnParts {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnParts() {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
  }
  ~SpawnParts() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
};

std::vector<std::string> child_environment(const ChildSpec& spec) {
  std::vector<std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    bool replaced = name == "WEIR_CONTROL_FD";
    for (const auto& [key, value] : spec.environment) replaced = replaced || key == name;
    if (!replaced) out.emplace_back(text);
  }
  for (const auto& [key, value] : spec.environment) out.push_back(key + "=" + value);
  out.push_back(fmt::format("WEIR_CONTROL_FD={}", kControlFd));
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

}  // namespace

base::Result<Started> start(const ChildSpec& spec) {
  int output[2];
  int control[2];
  if (::pipe2(output, O_CLOEXEC) != 0) {
    return base::Fail(base::Error::from_errno(errno, "pipe"));
  }
  Fd output_read(output[0]);
  Fd output_write(output[1]);
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) != 0) {
    return base::Fail(base::Error::from_errno(errno, "socketpair"));
  }
  Fd control_ours(control[0]);
  Fd control_theirs(control[1]);
  ::fcntl(output_read.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(control_ours.get(), F_SETFL, O_NONBLOCK);

  std::vector<std::string> arguments = {"weir", "child-exec", std::to_string(::getpid())};
  for (const std::string& argument : spec.command) arguments.push_back(argument);
  std::vector<std::string> environment = child_environment(spec);
  std::vector<char*> argv = pointers(arguments);
  std::vector<char*> envp = pointers(environment);

  SpawnParts parts;
  posix_spawn_file_actions_addopen(&parts.actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&parts.actions, output_write.get(), 1);
  posix_spawn_file_actions_adddup2(&parts.actions, output_write.get(), 2);
  posix_spawn_file_actions_adddup2(&parts.actions, control_theirs.get(), kControlFd);
  // Its own process group: a Ctrl-C at the terminal reaches us, and we stop it in order.
  sigset_t none;
  sigemptyset(&none);
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&parts.attributes, &none);
  posix_spawnattr_setsigdefault(&parts.attributes, &defaults);
  posix_spawnattr_setpgroup(&parts.attributes, 0);
  posix_spawnattr_setflags(&parts.attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  Started started;
  const int failed =
      posix_spawn(&started.pid, kSelf, &parts.actions, &parts.attributes, argv.data(), envp.data());
  if (failed != 0) return base::Fail(base::Error::from_errno(failed, "start " + spec.name));
  started.pidfd = Fd(static_cast<int>(::syscall(SYS_pidfd_open, started.pid, 0)));
  if (!started.pidfd) {
    const int os_error = errno;
    ::kill(started.pid, SIGKILL);
    ::waitpid(started.pid, nullptr, 0);
    return base::Fail(base::Error::from_errno(os_error, "pidfd_open"));
  }
  started.output = std::move(output_read);
  started.control = std::move(control_ours);
  return started;
}

std::string reap(const Fd& pidfd) {
  siginfo_t info{};
  constexpr auto kPidfd = static_cast<idtype_t>(3);  // P_PIDFD
  if (::waitid(kPidfd, static_cast<id_t>(pidfd.get()), &info, WEXITED) != 0) {
    return fmt::format("cannot be reaped: {}", std::strerror(errno));
  }
  if (info.si_code == CLD_EXITED) return fmt::format("exited with status {}", info.si_status);
  const char* name = sigabbrev_np(info.si_status);
  return name != nullptr ? fmt::format("killed by SIG{}", name)
                         : fmt::format("killed by signal {}", info.si_status);
}

void send_signal(const Fd& pidfd, int signal) noexcept {
  ::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0);
}

int child_exec(int argc, char** argv) {
  if (argc < 4) return 2;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != std::atoi(argv[2])) return 0;  // the parent died before we asked
  if (std::strcmp(argv[3], "weir") == 0) {
    ::execv(kSelf, argv + 3);
  } else {
    ::execvp(argv[3], argv + 3);
  }
  fmt::print(stderr, "cannot start '{}': {}\n", argv[3], std::strerror(errno));
  return 127;
}

}  // namespace weir::supervise
