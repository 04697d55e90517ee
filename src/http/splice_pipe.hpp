#pragma once
// Splice pipes: kernel pipes through which large bodies go from socket to socket without passing
// through user space (engine.md, technique 4). Pooled per lane; only an empty pipe goes back.

#include <utility>
#include <vector>

namespace weir::http {

/// Bytes a pipe is asked to hold. A larger pipe was measured and gains nothing.
inline constexpr int kPipeBytes = 256 * 1024;

class SplicePipes {
 public:
  struct Pipe {
    int read_end = -1;
    int write_end = -1;
    explicit operator bool() const noexcept { return read_end >= 0; }
  };

  SplicePipes() = default;
  SplicePipes(const SplicePipes&) = delete;
  SplicePipes& operator=(const SplicePipes&) = delete;
  ~SplicePipes();

  /// An empty pipe; false when descriptors ran out (the caller then copies).
  Pipe take();
  void give(Pipe pipe, bool empty) noexcept;

 private:
  static constexpr std::size_t kKept = 16;
  std::vector<Pipe> free_;
};

}  // namespace weir::http
