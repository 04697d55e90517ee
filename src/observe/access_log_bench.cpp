#include <benchmark/benchmark.h>

#include <string>

#include "observe/access_line.hpp"

namespace weir::observe {
namespace {

void access_line(benchmark::State& state) {
  telemetry::ExchangeRecord record{};
  record.wall_ms = 1'763'681'112'345;
  record.duration = std::chrono::microseconds(1500);
  record.status = 200;
  record.method.set("GET");
  record.request_id.set("01890a5d-ac96-774b-bcce-b302099a8057");
  record.client.set("192.0.2.17");
  record.service.set("web-server");
  record.endpoint.set("127.0.0.1:40123");
  record.host.set("example.test");
  record.path.set("/api/products/12345?colour=blue&size=xl");
  record.user_agent.set("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0");
  std::string out;
  for (auto _ : state) {
    out.clear();
    append_access_line(out, record);
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(access_line);

}  // namespace
}  // namespace weir::observe
