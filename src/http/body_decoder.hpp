#pragma once
// Body decoder: tells the bytes of a body from its framing. Resumable at any byte; chunked bodies
// are compacted in place, so that one read gives at most one run of content.
//
//   chunked-body = *( chunk-size [ chunk-ext ] CRLF chunk-data CRLF ) 1*"0" [ chunk-ext ] CRLF
//                  *( field-line CRLF ) CRLF                                  RFC 9112, 7.1
//
// Strict: sizes of 1 to 16 hex digits without sign, prefix or space; "; ext" only after a size, at
// most 4 KiB of it a body; every line ends in CRLF. Trailers are checked like field lines; those on
// framing, routing or authentication are dropped. Pure but for the trailers' string.

#include <cstdint>
#include <span>
#include <string>

#include "http/head.hpp"

namespace weir::http {

class BodyDecoder {
 public:
  BodyDecoder() = default;
  static BodyDecoder none() { return BodyDecoder(); }
  static BodyDecoder length(std::uint64_t bytes);
  static BodyDecoder chunked(const HeadLimits& limits);
  static BodyDecoder until_close();

  struct Step {
    std::size_t consumed = 0;  ///< bytes of the input that are done with
    std::size_t content = 0;   ///< content bytes, now at the input's front
    bool refused = false;
    std::uint16_t status = 400;  ///< refused: 400, or 431 for too many trailers
    const char* why = "";
  };

  /// Takes what it can of `bytes`. After done(), nothing is consumed. After `refused`, the decoder
  /// is of no more use.
  Step decode(std::span<char> bytes);

  Framing framing() const noexcept { return framing_; }
  /// The whole body was seen. Bodies until close are never done by bytes.
  bool done() const noexcept { return done_; }
  /// Length framing: bytes still to come.
  std::uint64_t left() const noexcept { return left_; }
  /// Length framing: `bytes` of the body went another way (splice).
  void skip(std::uint64_t bytes) noexcept {
    left_ -= bytes;
    if (left_ == 0) done_ = true;
  }
  /// Kept trailer lines as they are forwarded ("Name: value\r\n"...), empty for most bodies.
  const std::string& trailers() const noexcept { return trailers_; }

 private:
  enum class State : std::uint8_t {
    size_first,  // the first digit of a size
    size,
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer,
  };

  Step decode_chunked(std::span<char> bytes);
  Step refuse(Step step, const char* why, std::uint16_t status = 400);
  bool take_size_byte(char c);
  const char* take_extension_byte(char c);
  bool take_trailer_line(std::span<char> bytes, Step& step);

  Framing framing_ = Framing::none;
  State state_ = State::size_first;
  bool done_ = true;
  std::uint64_t left_ = 0;
  std::uint32_t size_digits_ = 0;
  std::uint32_t extension_bytes_ = 0;
  bool seen_semicolon_ = false;  // in the extension of this size line
  HeadLimits limits_;
  std::string trailer_bytes_;  // the trailer section so far
  std::string trailers_;
};

}  // namespace weir::http
