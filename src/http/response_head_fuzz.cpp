// Fuzzer of response heads: the verdict depends on the bytes and never on how they were cut; every
// refusal is a 502; an accepted head has one framing. Corpus: fuzz/response_head_fuzz/.
//
//   input = selector *byte        bit 0: small limits; bit 1: the answer to HEAD
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "http/h1_response.hpp"

namespace {

using namespace weir::http;

constexpr std::size_t kCutsMax = 1500;  // every cut costs a parse

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

bool is_clean(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

void check_head(const ResponseHead& head, std::size_t size, bool head_request) {
  require(head.bytes <= size, "a head longer than its bytes");
  require(head.status >= 100 && head.status <= 599, "a status out of range");
  require(is_clean(head.status_text), "a status line that could split a message");
  for (const Field& field : head.fields) {
    require(is_clean(head.fields.name(field)) && is_clean(head.fields.value(field)),
            "a field that could split a message");
    const bool frames =
        field.id == FieldId::transfer_encoding || field.id == FieldId::content_length;
    require(!frames || field.dropped, "framing would be copied");
  }
  const bool bodiless =
      head_request || head.status < 200 || head.status == 204 || head.status == 304;
  require(!bodiless || head.framing == Framing::none, "a body where none may be");
  require(head.framing != Framing::length || head.has_content_length, "a length from nowhere");
  require(head.framing != Framing::chunked || (!head.has_content_length && head.minor == 1),
          "two framings");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  HeadLimits limits;
  if ((bytes[0] & 1) != 0) limits = {.line_max = 64, .head_max = 256, .fields_max = 6};
  const bool head_request = (bytes[0] & 2) != 0;
  const char* method = head_request ? "HEAD" : "GET";
  const std::string text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const auto whole = std::make_unique<ResponseHead>();
  const Verdict expected = parse_response(text, limits, method, *whole);
  require(!expected.is_refused() || expected.status == 502, "a refusal other than 502");
  if (expected.is_complete()) check_head(*whole, text.size(), head_request);

  const auto part = std::make_unique<ResponseHead>();
  bool decided = false;
  const std::size_t step = text.size() / kCutsMax + 1;
  for (std::size_t cut = 1; cut <= text.size(); cut += step) {
    const std::string piece = text.substr(0, cut);
    const Verdict verdict = parse_response(piece, limits, method, *part);
    if (verdict.kind == Verdict::Kind::incomplete) {
      require(!decided, "a verdict was taken back");
      continue;
    }
    decided = true;
    require(verdict.kind == expected.kind && verdict.at == expected.at,
            "a cut changes the verdict");
    require(
        !verdict.is_complete() || (part->bytes == whole->bytes && part->framing == whole->framing &&
                                   part->content_length == whole->content_length &&
                                   part->keep_alive == whole->keep_alive),
        "a cut changes the head");
  }
  return 0;
}
