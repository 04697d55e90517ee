#pragma once
// ResponseReader: bytes in, "this response is complete" out. Strict enough to notice a proxy that
// truncates, appends or mixes up answers; it keeps no body, only counts it.
//
// Knows Content-Length and chunked. A body that ends with the connection is refused: no candidate
// sends one here, and a truncated answer would look just like it.

#include <cstdint>
#include <string>
#include <string_view>

namespace generator {

class ResponseReader {
 public:
  enum class Progress { more, done, bad };

  /// Forgets the previous response.
  void start();

  /// Bytes behind the end of the response make it bad: nothing is pipelined here.
  Progress feed(std::string_view bytes);

  int status() const { return status_; }
  std::uint64_t body_bytes() const { return body_bytes_; }
  /// Whether the peer keeps the connection open for another request.
  bool keeps_alive() const { return keeps_alive_; }
  bool has_begun() const { return stage_ != Stage::head || !pending_.empty(); }

 private:
  enum class Stage { head, body, chunk_size, chunk_body, chunk_end, trailer, done, bad };

  bool take_head(std::string_view& bytes);
  bool parse_head(std::string_view head);
  bool parse_field(std::string_view line);
  bool take_line(std::string_view& bytes, std::string& line);
  bool take_chunked(std::string_view& bytes);
  void take_body(std::string_view& bytes, Stage next);
  bool fail();

  Stage stage_ = Stage::head;
  int status_ = 0;
  bool keeps_alive_ = true;
  bool chunked_ = false;
  bool has_length_ = false;
  std::uint64_t left_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::string pending_;  // an unfinished head or line
};

}  // namespace generator
