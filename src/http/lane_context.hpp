#pragma once
// LaneContext: what every connection of a lane shares because only one of them runs at a time:
// buffers, scratch memory for heads, the Date line, request ids. Made in app/, one per lane.
//
// Scratch (request, response, path, out) is valid until the next co_await of its user.

#include <memory>
#include <span>

#include "http/head.hpp"
#include "http/splice_pipe.hpp"
#include "net/buffer.hpp"
#include "runtime/lane.hpp"
#include "telemetry/request_id.hpp"

namespace weir::http {

/// The Date field's value, made anew once a second. (RFC 9110, 6.6.1)
class DateCache {
 public:
  /// "Sun, 06 Nov 1994 08:49:37 GMT". Lifetime: until the next call.
  std::string_view text(base::Time now) noexcept;
  /// Milliseconds since 1970, at most 1 s behind.
  std::int64_t wall_ms(base::Time now) noexcept;

 private:
  void refresh(base::Time now) noexcept;

  base::Time until_{};
  std::int64_t wall_ms_ = 0;
  char text_[32] = {};
};

/// The forwarding field lines of one peer, kept because the next request is mostly from it too.
struct ForwardedLines {
  char host[46] = {};
  std::uint8_t host_size = 0;
  std::uint16_t size = 0;
  char room[320] = {};

  std::string_view host_text() const noexcept { return {host, host_size}; }
  std::string_view text() const noexcept { return {room, size}; }
};

class LaneContext {
 public:
  explicit LaneContext(runtime::Lane& lane_)
      : lane(lane_),
        ids(telemetry::seed_from_kernel()),
        path_(new char[kPathMax]),
        out_(new char[kOutMax]) {}
  LaneContext(const LaneContext&) = delete;
  LaneContext& operator=(const LaneContext&) = delete;

  runtime::Lane& lane;
  net::BufferPool buffers;
  SplicePipes pipes;
  DateCache date;
  telemetry::RequestIds ids;
  ForwardedLines forwarded;

  // ---- scratch
  RequestHead request;
  ResponseHead response;
  std::span<char> path() noexcept { return {path_.get(), kPathMax}; }
  std::span<char> out() noexcept { return {out_.get(), kOutMax}; }

 private:
  // A head is at most as large as a buffer block; what the gateway adds fits into another.
  static constexpr std::size_t kPathMax = net::BufferPool::kLarge;
  static constexpr std::size_t kOutMax = 2 * net::BufferPool::kLarge;

  std::unique_ptr<char[]> path_;
  std::unique_ptr<char[]> out_;
};

}  // namespace weir::http
