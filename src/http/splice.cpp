#include "http/splice.hpp"

#include <fcntl.h>

#include <cerrno>

#include "runtime/lane.hpp"

namespace weir::http {
namespace {

constexpr int kSplicesPerTurn = 16;  // then the lane's other connections get their turn

// Returns the pipe to its pool, or closes it when bytes are left inside.
class PipeLoan {
 public:
  explicit PipeLoan(SplicePipes& pool) : pool_(pool), pipe_(pool.take()) {}
  PipeLoan(const PipeLoan&) = delete;
  PipeLoan& operator=(const PipeLoan&) = delete;
  ~PipeLoan() {
    if (pipe_) pool_.give(pipe_, held == 0);
  }
  explicit operator bool() const noexcept { return static_cast<bool>(pipe_); }
  int read_end() const noexcept { return pipe_.read_end; }
  int write_end() const noexcept { return pipe_.write_end; }

  std::size_t held = 0;  ///< bytes in the pipe

 private:
  SplicePipes& pool_;
  SplicePipes::Pipe pipe_;
};

DownloadEnd failed(DownloadEnd::Kind kind, runtime::Wake wake) {
  return {kind, wake == runtime::Wake::deadline ? base::Errc::deadline : base::Errc::cancelled};
}

}  // namespace

runtime::Task<DownloadEnd> splice_body(ClientConnection& upstream, Exchange& exchange,
                                       base::Duration idle) {
  using Kind = DownloadEnd::Kind;
  int pieces = 0;
  PipeLoan pipe(exchange.context().pipes);
  if (!pipe) co_return DownloadEnd{};
  runtime::Readiness& source = upstream.stream->readiness();
  runtime::Readiness& sink = exchange.client().readiness();
  const int from = upstream.stream->splice_fd();
  const int to = exchange.client().splice_fd();
  while (!upstream.body.done() || pipe.held > 0) {
    if (pipe.held == 0) {
      const runtime::Wake wake = co_await source.wait_readable(exchange.lane().after(idle));
      if (wake == runtime::Wake::cancelled) co_return failed(Kind::client_failed, wake);
      if (wake != runtime::Wake::ready) co_return failed(Kind::upstream_failed, wake);
      const std::size_t want = std::min<std::uint64_t>(upstream.body.left(), kPipeBytes);
      const ssize_t got = ::splice(from, nullptr, pipe.write_end(), nullptr, want,
                                   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
      if (got < 0 && errno == EAGAIN) {
        source.readable = false;
        continue;
      }
      if (got <= 0) co_return DownloadEnd{Kind::upstream_failed, base::Errc::closed};
      pipe.held = static_cast<std::size_t>(got);
      upstream.body.skip(pipe.held);
    }
    const unsigned more = upstream.body.done() ? 0 : SPLICE_F_MORE;
    const ssize_t put = ::splice(pipe.read_end(), nullptr, to, nullptr, pipe.held,
                                 SPLICE_F_MOVE | SPLICE_F_NONBLOCK | more);
    if (put < 0 && errno == EAGAIN) {
      sink.writable = false;
      const runtime::Wake wake = co_await sink.wait_writable(exchange.write_deadline());
      if (wake != runtime::Wake::ready) {
        exchange.abort();
        co_return failed(Kind::client_failed, wake);
      }
      continue;
    }
    if (put <= 0) {
      exchange.abort();
      co_return DownloadEnd{Kind::client_failed, base::Errc::reset};
    }
    pipe.held -= static_cast<std::size_t>(put);
    exchange.add_bytes_out(static_cast<std::uint64_t>(put));
    if (++pieces % kSplicesPerTurn == 0) co_await exchange.lane().yield();
  }
  // Only EAGAIN clears the flag, and the last piece met none: without a look the connection would
  // never be used again.
  if (!source.hangup && upstream.stream->is_quiet()) source.readable = false;
  co_return DownloadEnd{};
}

}  // namespace weir::http
