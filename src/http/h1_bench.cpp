// Heads of 70 and 781 bytes, as in engine.md ("Head parsing: 70 B SSE2 75 ns, 781 B 312").
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "http/h1_request.hpp"
#include "http/h1_response.hpp"

namespace weir::http {
namespace {

std::string small_head() {
  return "GET /index.html HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAccept: text/xml\r\n\r\n";
}

std::string browser_head() {
  std::string head =
      "GET /static/js/main.4f2a91c7.chunk.js?v=20240611 HTTP/1.1\r\n"
      "Host: shop.example.com\r\n"
      "Connection: keep-alive\r\n"
      "sec-ch-ua: \"Chromium\";v=\"126\", \"Not.A/Brand\";v=\"24\"\r\n"
      "sec-ch-ua-mobile: ?0\r\n"
      "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
      "Chrome/126.0.0.0 Safari/537.36\r\n"
      "sec-ch-ua-platform: \"Linux\"\r\n"
      "Accept: */*\r\n"
      "Sec-Fetch-Site: same-origin\r\n"
      "Sec-Fetch-Mode: no-cors\r\n"
      "Sec-Fetch-Dest: script\r\n"
      "Referer: https://shop.example.com/catalogue/shoes?page=3\r\n"
      "Accept-Encoding: gzip, deflate, br, zstd\r\n"
      "Accept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
      "Cookie: session=";
  head += std::string(781 - head.size() - 4, 'c');
  return head + "\r\n\r\n";
}

void parse_request_head(benchmark::State& state, const std::string& head) {
  std::vector<char> scratch(head.size() + 8192);
  const auto parsed = std::make_unique<RequestHead>();
  for (auto _ : state) {
    const Verdict verdict = parse_request(head, {}, scratch, *parsed);
    if (!verdict.is_complete()) state.SkipWithError(verdict.why);
    benchmark::DoNotOptimize(parsed->bytes);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(head.size()) *
                          static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK_CAPTURE(parse_request_head, 70_bytes, small_head());
BENCHMARK_CAPTURE(parse_request_head, 781_bytes, browser_head());

void parse_response_head(benchmark::State& state) {
  const std::string head =
      "HTTP/1.1 200 OK\r\nServer: x\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
      "Content-Type: application/json\r\nContent-Length: 128\r\n\r\n";
  const auto parsed = std::make_unique<ResponseHead>();
  for (auto _ : state) {
    const Verdict verdict = parse_response(head, {}, "GET", *parsed);
    if (!verdict.is_complete()) state.SkipWithError(verdict.why);
    benchmark::DoNotOptimize(parsed->bytes);
  }
}
BENCHMARK(parse_response_head);

}  // namespace
}  // namespace weir::http
