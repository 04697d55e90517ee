#include "term/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>

#include "base/text.hpp"
#include "term/table.hpp"

namespace weir::term {
namespace {

// The other screen, no cursor, and back.
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[2J";
constexpr std::string_view kLeave = "\x1b[0m\x1b[?25h\x1b[?1049l";
constexpr std::array kCrashes = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL};

// What a crash handler needs: it can be given nothing. Written before the handlers are installed.
struct CrashState {
  std::atomic<bool> is_live{false};
  int in = -1;
  int out = -1;
  termios was{};
};
CrashState crash_state;  // static: a signal handler reaches nothing else

void put_back_and_die(int number) {
  if (crash_state.is_live.load()) {
    [[maybe_unused]] const auto wrote = ::write(crash_state.out, kLeave.data(), kLeave.size());
    ::tcsetattr(crash_state.in, TCSANOW, &crash_state.was);
  }
  // The handler was reset when it was called (SA_RESETHAND): this ends the process as it would
  // have.
  ::raise(number);
}

void handle_crashes(bool handle) {
  struct sigaction action{};
  action.sa_handler = handle ? put_back_and_die : SIG_DFL;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (const int number : kCrashes) ::sigaction(number, &action, nullptr);
}

sigset_t watched_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP}) {
    sigaddset(&set, number);
  }
  return set;
}

std::size_t number_in(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return 0;
  const auto number = base::parse_uint(text);
  return number && *number <= kAnyWidth ? static_cast<std::size_t>(*number) : 0;
}

}  // namespace

bool is_terminal(int fd) noexcept { return ::isatty(fd) == 1; }

Size size_of(int fd) {
  Size size;
  if (const std::size_t columns = number_in("COLUMNS")) size.columns = columns;
  if (const std::size_t rows = number_in("LINES")) size.rows = rows;
  winsize seen{};
  if (::ioctl(fd, TIOCGWINSZ, &seen) == 0) {
    if (seen.ws_col > 0) size.columns = seen.ws_col;
    if (seen.ws_row > 0) size.rows = seen.ws_row;
  }
  return size;
}

Output output_of(int fd) {
  if (!is_terminal(fd)) {
    const std::size_t columns = number_in("COLUMNS");
    return {.columns = columns != 0 ? columns : kAnyWidth, .styled = false};
  }
  const char* no_color = std::getenv("NO_COLOR");
  const char* kind = std::getenv("TERM");
  const bool is_plain = (no_color != nullptr && *no_color != '\0') || kind == nullptr ||
                        std::string_view(kind) == "dumb";
  return {.columns = size_of(fd).columns, .styled = !is_plain};
}

base::Result<std::unique_ptr<LiveTerminal>> LiveTerminal::open(int in, int out) {
  termios was{};
  if (!is_terminal(out) || ::tcgetattr(in, &was) != 0) {
    return base::fail(base::Errc::invalid_argument, "there is no terminal");
  }
  return std::unique_ptr<LiveTerminal>(new LiveTerminal(in, out, was));
}

LiveTerminal::LiveTerminal(int in, int out, const termios& was) : in_(in), out_(out), was_(was) {
  const sigset_t set = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, &mask_was_);
  signals_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  crash_state.in = in_;
  crash_state.out = out_;
  crash_state.was = was_;
  crash_state.is_live.store(true);
  handle_crashes(true);
  enter();
}

LiveTerminal::~LiveTerminal() {
  leave();
  crash_state.is_live.store(false);
  handle_crashes(false);
  if (signals_ >= 0) ::close(signals_);
  ::pthread_sigmask(SIG_SETMASK, &mask_was_, nullptr);
}

void LiveTerminal::enter() {
  termios raw = was_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);  // ISIG stays: Ctrl-C is a signal
  raw.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  ::tcsetattr(in_, TCSANOW, &raw);
  write(kEnter);
}

void LiveTerminal::leave() {
  write(kLeave);
  ::tcsetattr(in_, TCSANOW, &was_);
}

void LiveTerminal::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(out_, bytes.data(), bytes.size());
    if (wrote > 0) bytes.remove_prefix(static_cast<std::size_t>(wrote));
    if (wrote < 0 && errno == EAGAIN) {
      pollfd ready{.fd = out_, .events = POLLOUT, .revents = 0};
      if (::poll(&ready, 1, 1000) == 1 && (ready.revents & POLLOUT) != 0) continue;
    }
    if (wrote <= 0 && errno != EINTR) return;  // nobody sees it any more
  }
}

void LiveTerminal::take_signals(Event& event) {
  signalfd_siginfo seen{};
  while (::read(signals_, &seen, sizeof seen) == static_cast<ssize_t>(sizeof seen)) {
    const int number = static_cast<int>(seen.ssi_signo);
    if (number == SIGTSTP) {
      leave();
      ::kill(::getpid(), SIGSTOP);  // goes on here
      enter();
    }
    if (number == SIGTSTP || number == SIGWINCH) {
      event.is_redraw = true;
    } else {
      event.signal = number;
    }
  }
}

LiveTerminal::Event LiveTerminal::wait(base::Duration wait) {
  Event event;
  std::array<pollfd, 2> sources = {{{.fd = in_, .events = POLLIN, .revents = 0},
                                    {.fd = signals_, .events = POLLIN, .revents = 0}}};
  const auto nanoseconds = std::max<base::Duration::rep>(0, wait.count());
  const timespec timeout{.tv_sec = nanoseconds / 1'000'000'000,
                         .tv_nsec = nanoseconds % 1'000'000'000};
  if (::ppoll(sources.data(), sources.size(), &timeout, nullptr) <= 0) return event;
  if (sources[1].revents != 0) take_signals(event);
  if (sources[0].revents == 0) return event;
  std::array<char, 512> bytes;
  const ssize_t read = ::read(in_, bytes.data(), bytes.size());
  if (read > 0) event.bytes.assign(bytes.data(), static_cast<std::size_t>(read));
  const bool is_gone = read == 0 || (read < 0 && errno != EINTR && errno != EAGAIN);
  if (is_gone) event.is_over = true;
  return event;
}

}  // namespace weir::term
