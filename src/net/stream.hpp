#pragma once
// Stream: an ordered byte stream with two plain functions, fill() and try_send(), and a Readiness
// to wait on. TCP, Unix sockets and in-memory pipes are streams; TLS will be one.
//
// Invariants
//  1. fill() and try_send() never wait; they clear the readiness flag they found false.
//  2. One outstanding read and one outstanding write per stream; buffers belong to the caller.
//  3. Nothing may wait on a stream when it is destroyed; destruction closes at once.
// Lane-only.

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "net/address.hpp"
#include "runtime/readiness.hpp"
#include "runtime/task.hpp"

namespace weir::net {

enum class IoStatus : std::uint8_t {
  ok,
  again,   ///< nothing to read, or no room to write
  ended,   ///< the peer ended its direction in order (reads only)
  broken,  ///< the stream is of no more use; os_error() says why
};

struct IoCount {
  IoStatus status;
  std::size_t bytes = 0;  ///< > 0 only with `ok`
};

class Stream {
 public:
  explicit Stream(runtime::Lane& lane) noexcept : readiness_(lane) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  virtual ~Stream() = default;

  /// Reads what is there, at most room.size() bytes. Requires: room is not empty.
  virtual IoCount fill(std::span<char> room) = 0;
  /// Writes what fits. Requires: at most 4 parts, at least one byte.
  virtual IoCount try_send(std::span<const iovec> parts) = 0;
  /// Ends our direction; the peer reads an orderly end.
  virtual void end_writing() noexcept = 0;
  /// Destruction will break the stream (TCP: RST) instead of ending it in order.
  virtual void set_reset_on_close() noexcept = 0;
  /// A socket whose bytes may be spliced; -1 when the stream is not a plain socket.
  virtual int splice_fd() const noexcept { return -1; }
  /// Peeks without consuming: false when the peer has ended, broken the stream or sent bytes. For
  /// the check before a pooled connection is used again.
  virtual bool is_quiet() noexcept = 0;

  runtime::Readiness& readiness() noexcept { return readiness_; }
  runtime::Lane& lane() const noexcept { return readiness_.lane(); }
  int os_error() const noexcept { return os_error_; }
  /// What broke it, as an error of `origin`.
  base::Error broken(std::string_view doing, base::Origin origin) const;

 protected:
  runtime::Readiness readiness_;
  int os_error_ = 0;
};

inline iovec part(std::string_view bytes) noexcept {
  return {const_cast<char*>(bytes.data()), bytes.size()};
}

/// Up to three runs of bytes that leave in one system call: a head, content, and what ends it.
struct Gather {
  std::string_view head;
  std::string_view body;
  std::string_view tail;
  std::size_t size() const noexcept { return head.size() + body.size() + tail.size(); }
};

enum class Sent : std::uint8_t { all, some, broken };

/// Writes what fits without waiting; `some` leaves in `parts` what did not.
Sent send_now(Stream& stream, Gather& parts);

/// Waits until the rest is written. Head and tail are owned, because they were built in scratch
/// memory that a suspension invalidates; `body` must outlive the task. `patience` bounds each
/// standstill, `deadline` the whole. Fails: deadline, cancelled, reset.
runtime::Task<base::Result<void>> send_rest(Stream& stream, std::string head, std::string_view body,
                                            std::string tail, base::Deadline deadline,
                                            base::Origin origin,
                                            base::Duration patience = base::Duration::max());

/// send_now, then send_rest where needed.
runtime::Task<base::Result<void>> send_all(Stream& stream, Gather parts, base::Deadline deadline,
                                           base::Origin origin,
                                           base::Duration patience = base::Duration::max());

/// As send_all, to an upstream: notices, while the upstream does not read, that it answered (then
/// it has `kAnsweredPatience` to read on) and that the client it is for has gone
/// (Readiness::watch_hangup; Errc::cancelled). Requires: nothing reads the stream meanwhile.
/// Fails: as send_rest.
inline constexpr base::Duration kAnsweredPatience = std::chrono::seconds(1);
runtime::Task<base::Result<void>> send_upstream(Stream& stream, Gather parts,
                                                base::Deadline deadline,
                                                base::Duration patience = base::Duration::max());

}  // namespace weir::net
