#pragma once
// Body pumps: carry the rest of a body from one side to the other, with backpressure: nothing more
// is read until what was read has been written. Bodies are pulled; each pump owns no buffer of its
// own but the reading side's.
//
// Large Content-Length bodies between plain sockets are spliced in the kernel.

#include "http/client_connection.hpp"
#include "http/exchange.hpp"

namespace weir::http {

/// How a body is written: as it is, or as chunks.
enum class Coding : std::uint8_t { plain, chunked };

/// One piece of content with what frames it, for one gathered send. The texts live in the object.
class FramedPiece {
 public:
  /// `last` adds the end of a chunked body with its trailers.
  FramedPiece(Coding coding, std::string_view content, bool last, std::string_view trailers);
  /// Lifetime: this object and the arguments.
  net::Gather gather() const noexcept { return {size_line(), content_, tail_}; }
  /// "1f40 CRLF" of a chunk, or empty.
  std::string_view size_line() const noexcept { return {size_line_, size_bytes_}; }
  std::string_view tail() const noexcept { return tail_; }

 private:
  char size_line_[20];
  std::uint8_t size_bytes_ = 0;
  std::string_view content_;
  std::string_view tail_;
  std::string long_tail_;  // with trailers, which are rare
};

struct UploadEnd {
  enum class Kind : std::uint8_t {
    complete,        ///< the whole body was sent
    early_response,  ///< the upstream answers (or has closed) before the end of the body
    client_failed,   ///< the client's side broke, was too slow, or its framing is wrong
    upstream_failed,
  };
  Kind kind = Kind::complete;
  base::Errc code = base::Errc::internal;
  const char* why = "";
  bool is_cut = false;  ///< early_response: the body is broken off for good
};

/// Sends what is left of the request's body to the upstream, until its end, a failure, or an
/// answer.
runtime::Task<UploadEnd> pump_request_body(Exchange& exchange, ClientConnection& upstream,
                                           Coding coding, base::Duration idle,
                                           std::uint64_t body_max);

struct DownloadEnd {
  enum class Kind : std::uint8_t { complete, upstream_failed, client_failed };
  Kind kind = Kind::complete;
  base::Errc code = base::Errc::internal;
};

/// A copy of a body that goes by, as long as it is not longer than `max`.
struct BodyCopy {
  std::size_t max = 0;
  std::string text;
  bool is_over = false;  ///< longer: the text is empty again

  void add(std::string_view content) {
    is_over = is_over || content.size() > max - text.size();
    if (is_over) {
      text.clear();
    } else {
      text += content;
    }
  }
};

/// Sends what is left of the response's body to the client. `upstream.body` is its decoder. `copy`:
/// null, or what the body is added to; it outlives the task.
runtime::Task<DownloadEnd> pump_response_body(ClientConnection& upstream, Exchange& exchange,
                                              Coding coding, base::Duration idle,
                                              BodyCopy* copy = nullptr);

/// Bodies with more than this left are spliced: below it, two system calls more per piece cost
/// more than the copy (measured between 64 and 256 KiB).
inline constexpr std::uint64_t kSpliceMin = 128 * 1024;

}  // namespace weir::http
