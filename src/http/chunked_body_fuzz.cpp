// Fuzzer of chunked bodies: whole, byte by byte, and in pieces the input itself chooses, a body has
// the same content, trailers, end and verdict. Corpus: fuzz/chunked_body_fuzz/.
//
//   input = seed *byte            the seed draws the sizes of the pieces
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/rng.hpp"
#include "http/body_decoder.hpp"

namespace {

using namespace weir::http;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

struct Decoded {
  std::string content;
  std::string trailers;
  std::size_t consumed = 0;
  int refused = 0;
  bool done = false;
  bool operator==(const Decoded&) const = default;
};

// `piece_max` 0: the whole at once.
Decoded decode(const std::string& text, std::uint32_t piece_max, std::uint64_t seed) {
  weir::base::Rng rng(seed);
  BodyDecoder body = BodyDecoder::chunked({.head_max = 2048, .fields_max = 8});
  Decoded out;
  std::string input;
  for (std::size_t at = 0; at < text.size() && out.refused == 0;) {
    const std::size_t take = piece_max == 0 ? text.size() : 1 + rng.below(piece_max);
    input += text.substr(at, take);
    at += take;
    const BodyDecoder::Step step = body.decode(input);
    require(step.consumed <= input.size() && step.content <= step.consumed, "an impossible step");
    require(step.refused || body.done() || step.consumed == input.size(), "bytes are left over");
    out.content += input.substr(0, step.content);
    out.consumed += step.consumed;
    if (step.refused) out.refused = step.status;
    input.erase(0, step.consumed);
    if (body.done()) break;
  }
  out.done = body.done();
  out.trailers = body.trailers();
  // Where a refused body ends, and so how much of its last line was taken, depends on the pieces.
  if (out.refused != 0) out.consumed = 0;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const Decoded whole = decode(text, 0, 0);
  require(whole.refused == 0 || whole.refused == 400 || whole.refused == 431, "an odd status");
  require(decode(text, 1, 0) == whole, "byte by byte it is another body");
  require(decode(text, 7, bytes[0]) == whole, "in small pieces it is another body");
  require(decode(text, 100, bytes[0]) == whole, "in pieces it is another body");
  return 0;
}
