#include "http/splice_pipe.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace weir::http {

SplicePipes::~SplicePipes() {
  const std::vector<Pipe> all = std::exchange(free_, {});
  for (const Pipe& pipe : all) give(pipe, false);
}

SplicePipes::Pipe SplicePipes::take() {
  if (!free_.empty()) {
    const Pipe pipe = free_.back();
    free_.pop_back();
    return pipe;
  }
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return {};
  ::fcntl(ends[0], F_SETPIPE_SZ, kPipeBytes);  // refused for unprivileged users over their quota
  return {ends[0], ends[1]};
}

void SplicePipes::give(Pipe pipe, bool empty) noexcept {
  if (empty && free_.size() < kKept) {
    free_.push_back(pipe);
    return;
  }
  ::close(pipe.read_end);
  ::close(pipe.write_end);
}

}  // namespace weir::http
