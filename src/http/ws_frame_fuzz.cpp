// Fuzzer of a client's WebSocket frames: whole, byte by byte, and in pieces the input itself
// chooses, the messages and the verdict are the same, and no bound is passed. Corpus:
// fuzz/ws_frame_fuzz/.
//
//   input = seed *byte            the seed draws the sizes of the pieces
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/rng.hpp"
#include "base/utf8.hpp"
#include "http/ws_frame.hpp"

namespace {

using namespace weir::http;

constexpr WsLimits kLimits{.message_max = 2048, .frames_max = 8};

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// Every message and the end, as one text. `piece_max` 0: the whole at once.
std::string read_all(const std::string& text, std::uint32_t piece_max, std::uint64_t seed) {
  weir::base::Rng rng(seed);
  WsReader reader(kLimits);
  std::string out;
  std::string input;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t take = piece_max == 0 ? text.size() : 1 + rng.below(piece_max);
    input += text.substr(at, take);
    at += take;
    for (bool again = true; again && !reader.ended();) {
      const WsReader::Step step = reader.read(input);
      require(step.consumed <= input.size(), "more was taken than there is");
      require(!step.message || step.refused == 0, "a message and a refusal");
      input.erase(0, step.consumed);
      again = step.message.has_value();
      if (step.refused != 0) out += "refused " + std::to_string(step.refused);
      if (!again) {
        require(input.empty() || reader.ended(), "bytes are left over");
        continue;
      }
      const WsMessage& message = *step.message;
      require(message.payload.size() <= kLimits.message_max, "a message over the limit");
      require(message.kind != WsKind::text || weir::base::is_utf8(message.payload),
              "a text that is not UTF-8");
      out += std::to_string(static_cast<int>(message.kind)) + ' ' + std::to_string(message.code) +
             ' ' + message.payload + '\n';
      const std::string sent = message.kind == WsKind::close
                                   ? ws_close_frame(message.code, message.payload)
                                   : ws_frame(message.kind, message.payload);
      require(sent.size() >= 2 && (sent[1] & 0x80) == 0, "a frame of ours that is masked");
    }
    if (reader.ended()) break;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const std::string whole = read_all(text, 0, 0);
  require(read_all(text, 1, 0) == whole, "byte by byte it is something else");
  require(read_all(text, 7, bytes[0]) == whole, "in small pieces it is something else");
  require(read_all(text, 100, bytes[0]) == whole, "in pieces it is something else");
  return 0;
}
