#pragma once
// Traffic for the tests of the views: one service that is well and one that is not.

#include <string_view>

#include "term/traffic.hpp"

namespace weir::term {

inline constexpr std::string_view kServicesText = R"({"services":[
{"id":1,"name":"web-server","state":"healthy","algorithm":"least_connections","panic":false,
 "breaker":{"state":"closed","enabled":true,"forced":false,"nextProbeMs":null,"probes":3},
 "requests":91520,"errors":0,"inFlight":12,"requestsPerSecond":1525.31,"errorRate":0,
 "p50Ms":1.21,"p95Ms":3.4,"p99Ms":12.75,"endpoints":[
 {"id":1,"name":"web-server-1","address":"127.0.0.1:40001","healthy":true,"state":"eligible",
  "reason":"","weight":1,"configuredWeight":1,"loadShare":0.5,"requestsPerSecond":762.9,
  "errorRate":0,"p50Ms":1.2,"p95Ms":3.1,"p99Ms":9.5,"inFlight":6,
  "breaker":{"state":"closed","enabled":true,"forced":false}},
 {"id":2,"name":"web-server-2","address":"127.0.0.1:40002","healthy":true,"state":"eligible",
  "reason":"slow start, 40 % of its weight","weight":3,"configuredWeight":1,"loadShare":0.5,
  "requestsPerSecond":762.4,"errorRate":0,"p50Ms":1.3,"p95Ms":3.7,"p99Ms":16,"inFlight":6,
  "breaker":{"state":"closed","enabled":true,"forced":false}}]},
{"id":2,"name":"payment-service","state":"degraded","algorithm":"round_robin","panic":true,
 "breaker":{"state":"half-open","enabled":true,"forced":false,"probes":3,"probesPassed":1},
 "scaling":{"driver":"process","min":1,"max":8,"wanted":2,"automatic":true,
  "reason":"3 in flight against 2 each"},
 "discoveries":[{"source":"process","state":"ok","error":""},
  {"source":"dns pay.example","state":"failing","error":"timed out"}],
 "requests":200,"errors":9,"inFlight":3,"requestsPerSecond":8.4,"errorRate":0.043,
 "p50Ms":25.2,"p95Ms":180.4,"p99Ms":2400,"endpoints":[
 {"id":3,"name":"payment-service-1","address":"127.0.0.1:40003","healthy":true,
  "state":"eligible","reason":"","weight":1,"configuredWeight":1,"loadShare":0.96,
  "requestsPerSecond":8.4,"errorRate":0.043,"p50Ms":25.2,"p95Ms":180.4,"p99Ms":2400,
  "inFlight":3,"breaker":{"state":"closed","enabled":true,"forced":false}},
 {"id":4,"name":"payment-service-2","address":"127.0.0.1:40004","healthy":false,
  "state":"ejected","reason":"ejected: success 71 % against 98 %, back in 21 s","weight":1,
  "configuredWeight":1,"loadShare":0.04,"requestsPerSecond":0,"errorRate":0,"inFlight":0,
  "breaker":{"state":"open","enabled":true,"forced":false,"nextProbeMs":11900}}]}],"total":2})";

inline constexpr std::string_view kMetricsText = R"({"uptimeSeconds":3788.5,"connections":31,
"cpuPercent":41.27,"memoryBytes":47185920,"requests":91720,"errors":9,"inFlight":15,
"requestsPerSecond":1533.71,"errorRate":0.0002,"p50Ms":1.24,"p95Ms":3.61,"p99Ms":14.2,
"listeners":[{"name":"web","address":"127.0.0.1:8080","connections":31,"accepted":4211,
"refused":0,"malformed":2}]})";

inline Traffic fixture() {
  return read_traffic(*base::parse_json(kServicesText), *base::parse_json(kMetricsText),
                      *base::parse_json(R"({"name":"weir","version":"0.1.0"})"));
}

}  // namespace weir::term
