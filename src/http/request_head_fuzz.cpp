// Fuzzer of request heads: the verdict depends on the bytes and never on how they were cut, and
// what is accepted can be written again as a head that says the same. Corpus:
// fuzz/request_head_fuzz/.
//
//   input = selector *byte        bit 0 of the selector: small limits, so that they are reached
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "http/h1_request.hpp"
#include "http/head_writer.hpp"

namespace {

using namespace weir::http;

constexpr std::size_t kCutsMax = 1500;  // every cut costs a parse

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

struct Parsed {
  Verdict verdict;
  RequestHead head;
  std::vector<char> scratch;
};

void parse(std::string_view text, const HeadLimits& limits, Parsed& out) {
  out.scratch.resize(text.size() + limits.line_max);
  out.verdict = parse_request(text, limits, out.scratch, out.head);
}

bool same(const Verdict& a, const Verdict& b) {
  return a.kind == b.kind && a.status == b.status && a.at == b.at;
}

bool is_clean(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

// The head a gateway would forward, without what it adds.
std::string rewrite(const RequestHead& head) {
  std::vector<char> room(200'000);
  HeadWriter out(room);
  out.put(head.method);
  out.put(" ");
  out.put(head.path);
  out.put(head.query);
  out.put(" HTTP/1.1\r\nHost: ");
  out.put(head.authority.empty() ? "none" : head.authority);
  out.put("\r\n");
  out.put_kept(head.fields, head.bytes);
  if (head.framing == Framing::chunked) out.put("Transfer-Encoding: chunked\r\n");
  if (head.has_content_length) {
    out.put("Content-Length: ");
    out.put_uint(head.content_length);
    out.put("\r\n");
  }
  out.put("\r\n");
  require(out.fits(), "a rewritten head does not fit");
  return std::string(out.text());
}

void check_head(const RequestHead& head, std::size_t size) {
  require(head.bytes <= size, "a head longer than its bytes");
  require(!head.path.empty() && (head.path.front() == '/' || head.path == "*"), "no path");
  require(is_clean(head.path) && is_clean(head.query) && is_clean(head.authority),
          "a split target");
  for (const Field& field : head.fields) {
    require(is_clean(head.fields.name(field)) && is_clean(head.fields.value(field)),
            "a field that could split a message");
  }
  HeadLimits wide{.line_max = 200'000, .head_max = 200'000, .fields_max = 256};
  const std::string text = rewrite(head);
  const auto again = std::make_unique<Parsed>();
  parse(text, wide, *again);
  require(again->verdict.is_complete(), "what is forwarded would be refused");
  require(again->head.method == head.method && again->head.path == head.path &&
              again->head.query == head.query && again->head.framing == head.framing &&
              again->head.content_length == head.content_length,
          "what is forwarded says something else");
  require(again->head.bytes == text.size(), "what is forwarded has something behind it");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  HeadLimits limits;
  if ((bytes[0] & 1) != 0) limits = {.line_max = 64, .head_max = 256, .fields_max = 6};
  const std::string text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const auto whole = std::make_unique<Parsed>();
  parse(text, limits, *whole);
  if (whole->verdict.is_complete()) check_head(whole->head, text.size());

  const auto part = std::make_unique<Parsed>();
  bool decided = false;
  std::size_t judged = 0;
  const std::size_t step = text.size() / kCutsMax + 1;
  for (std::size_t cut = 1; cut <= text.size(); cut += step) {
    const std::string piece = text.substr(0, cut);
    parse(piece, limits, *part);
    if (part->verdict.kind == Verdict::Kind::incomplete) {
      require(!decided, "a verdict was taken back");
    } else {
      require(same(part->verdict, whole->verdict), "a cut changes the verdict");
      require(part->head.bytes == whole->head.bytes || !part->verdict.is_complete(),
              "a cut changes the head's size");
      const bool skipped = !decided && !worth_parsing(piece, judged, limits);
      require(!skipped || !part->verdict.is_complete(), "a whole head was not worth parsing");
      decided = true;
    }
    if (!decided) judged = cut;
  }
  return 0;
}
