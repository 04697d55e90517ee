#pragma once
// LineReader: lines from a descriptor, one at a time. A line over the bound is cut there and its
// rest is dropped: a child's output can never fill our memory.

#include <string>

#include "runtime/task.hpp"
#include "supervise/descriptor.hpp"

namespace weir::supervise {

class LineReader {
 public:
  LineReader(runtime::Lane& lane, Fd fd, std::size_t line_max)
      : watch_(lane, std::move(fd)), line_max_(line_max) {}

  /// The next line without its end. Fails: closed at the end of input.
  runtime::Task<base::Result<std::string>> next();
  /// next() gives what is there already, then ends.
  void cancel() noexcept { watch_.readiness.cancel(); }
  int fd() const noexcept { return watch_.fd(); }

 private:
  bool take_line(std::string& out);

  Watch watch_;
  std::size_t line_max_;
  std::string bytes_;
  std::size_t scanned_ = 0;
  bool cutting_ = false;
  bool ended_ = false;
  unsigned reads_ = 0;
  unsigned after_cancel_ = 0;
};

}  // namespace weir::supervise
