#pragma once
// AccessLogFile: the descriptor the access log writes to. Whole lines or a counted loss.
//
// A regular file is written at once. Anything else (a pipe, a terminal) may have a reader that does
// not read: it is asked before each piece of at most PIPE_BUF bytes, which then cannot block, so
// that whoever wants to stop can give up. If a line was torn by a failed write, the next one begins
// on a line of its own.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace weir::observe {

class AccessLogFile {
 public:
  /// Appends to `path`, made with mode 0640 when missing. Fails: what open() says, with the path.
  static base::Result<AccessLogFile> open(std::string path);
  /// Borrows `fd`; reopen() then does nothing.
  static AccessLogFile borrow(int fd);

  AccessLogFile(AccessLogFile&& other) noexcept;
  AccessLogFile& operator=(AccessLogFile&& other) noexcept;
  ~AccessLogFile();

  /// Opens the path again (it was renamed by a rotation). Fails: the old one stays in use.
  base::Result<void> reopen();

  /// Writes lines; looks at `give_up` about every 100 ms while the reader does not read. Fails: the
  /// rest is lost, and *lost says how many lines.
  base::Result<void> write(std::string_view lines, const std::atomic<bool>& give_up,
                           std::uint64_t* lost);

 private:
  AccessLogFile(int fd, std::string path);
  base::Result<void> wait_writable(const std::atomic<bool>& give_up) const;
  void close() noexcept;

  int fd_ = -1;
  std::string path_;  // empty when borrowed
  bool is_regular_ = false;
  bool torn_ = false;
};

}  // namespace weir::observe
