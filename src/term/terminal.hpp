#pragma once
// Terminal: what a descriptor is written to, and LiveTerminal: the whole screen of one, for a view
// that goes on until a key or a signal ends it. The terminal is put back on every way out: at
// return, on SIGINT, SIGTERM, SIGHUP and SIGQUIT (told by wait()), on SIGTSTP until it goes on, and
// when the process crashes. SIGKILL alone leaves it as it is; `reset` helps then.

#include <termios.h>

#include <csignal>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "term/screen.hpp"

namespace weir::term {

/// How to write to a descriptor.
struct Output {
  std::size_t columns = 80;
  bool styled = false;
};

bool is_terminal(int fd) noexcept;
/// Of the terminal behind `fd`; where it does not say, COLUMNS and LINES, else 80 by 24.
Size size_of(int fd);
/// As wide as the terminal; else COLUMNS; else as wide as the text, so that nothing a program reads
/// is cut. Styled on a terminal without NO_COLOR that is not "dumb".
Output output_of(int fd);

class LiveTerminal {
 public:
  /// One a process at a time. Fails: invalid_argument when `in` or `out` is no terminal.
  static base::Result<std::unique_ptr<LiveTerminal>> open(int in, int out);
  /// Puts the terminal back.
  ~LiveTerminal();
  LiveTerminal(const LiveTerminal&) = delete;
  LiveTerminal& operator=(const LiveTerminal&) = delete;

  struct Event {
    std::string bytes;       ///< keys
    bool is_redraw = false;  ///< of another size, or stopped and gone on
    bool is_over = false;    ///< the terminal is gone
    int signal = 0;          ///< it shall end
  };
  /// Waits for the first of these, at most for `wait`; several may have come.
  Event wait(base::Duration wait);
  void write(std::string_view bytes);
  Size size() const { return size_of(out_); }

 private:
  LiveTerminal(int in, int out, const termios& was);
  void enter();
  void leave();
  void take_signals(Event& event);

  const int in_;
  const int out_;
  const termios was_;
  sigset_t mask_was_{};
  int signals_ = -1;  // owned
};

}  // namespace weir::term
