#pragma once
// PipeStream: both ends of a byte stream in memory, for tests of whole exchanges without a kernel.
// Same contract as a socket, plus knobs a socket lacks: how much one read returns and how much a
// write accepts, so that every cut of a message can be tried.

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "net/stream.hpp"

namespace weir::net {

class PipeStream final : public Stream {
 public:
  struct Options {
    std::size_t capacity = 256 * 1024;  ///< bytes in flight per direction
    std::size_t read_max = SIZE_MAX;    ///< one fill() returns at most so much
  };

  static std::pair<std::unique_ptr<PipeStream>, std::unique_ptr<PipeStream>> make_pair(
      runtime::Lane& lane, Options options);
  static std::pair<std::unique_ptr<PipeStream>, std::unique_ptr<PipeStream>> make_pair(
      runtime::Lane& lane) {
    return make_pair(lane, Options());
  }
  ~PipeStream() override;

  IoCount fill(std::span<char> room) override;
  IoCount try_send(std::span<const iovec> parts) override;
  void end_writing() noexcept override;
  void set_reset_on_close() noexcept override { reset_on_close_ = true; }
  bool is_quiet() noexcept override;

  // ---- for the test's end of the pipe

  /// Sends all of `bytes`; aborts when they do not fit into the capacity.
  void push(std::string_view bytes);
  /// All bytes the other end has sent and nobody has read yet.
  std::string take();
  /// The other end has ended its direction (or was destroyed) and everything was taken.
  bool peer_ended() const noexcept;
  /// The other end was destroyed with reset.
  bool peer_reset() const noexcept;

 private:
  struct Direction {
    std::string bytes;
    bool ended = false;
    bool reset = false;
  };
  struct Shared {
    Direction direction[2];
    PipeStream* end[2] = {nullptr, nullptr};
    Options options;
  };

  PipeStream(runtime::Lane& lane, std::shared_ptr<Shared> shared, int side);
  Direction& incoming() const noexcept { return shared_->direction[side_]; }
  Direction& outgoing() const noexcept { return shared_->direction[1 - side_]; }
  PipeStream* peer() const noexcept { return shared_->end[1 - side_]; }

  std::shared_ptr<Shared> shared_;  // owners: the two ends
  int side_;
  bool reset_on_close_ = false;
};

}  // namespace weir::net
