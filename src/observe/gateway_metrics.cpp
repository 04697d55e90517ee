#include "observe/gateway_metrics.hpp"

#include <array>

#include "observe/prometheus_text.hpp"

namespace weir::observe {
namespace {

using telemetry::kReasonCount;
using telemetry::kStatusClasses;
using telemetry::TrafficSnapshot;
using Type = PrometheusText::Type;

constexpr std::array<std::string_view, kStatusClasses> kClassNames = {"none", "1xx", "2xx",
                                                                      "3xx",  "4xx", "5xx"};

template <class Value>
void per_service(PrometheusText& text, const Collector& collector, Value value) {
  collector.each_track(SubjectKind::service, [&](const SubjectName& name, const Track& track) {
    text.sample({{"service", name.service}}, value(track.totals()));
  });
}

template <class Value>
void per_endpoint(PrometheusText& text, const Collector& collector, Value value) {
  collector.each_track(SubjectKind::endpoint, [&](const SubjectName& name, const Track& track) {
    text.sample({{"service", name.service}, {"endpoint", name.endpoint}}, value(track.totals()));
  });
}

template <class Value>
void per_listener(PrometheusText& text, const Collector& collector, Value value) {
  collector.each_listener([&](std::string_view name, const ListenerNumbers& numbers) {
    text.sample({{"listener", name}}, value(numbers.totals));
  });
}

void append_process(PrometheusText& text, const GatewayFacts& facts) {
  text.family("weir_build_info", Type::gauge, "Version of this process; always 1.");
  text.sample({{"version", facts.version}, {"revision", facts.revision}}, std::uint64_t{1});
  text.family("weir_uptime_seconds", Type::gauge, "Time since this process was started.");
  text.sample({}, facts.uptime_seconds);
  text.family("weir_config_info", Type::gauge, "Hash of the configuration in use; always 1.");
  text.sample({{"hash", facts.config_hash}}, std::uint64_t{1});
  text.family("weir_config_last_reload_successful", Type::gauge,
              "Whether the last load of the configuration was accepted (1) or refused (0).");
  text.sample({}, std::uint64_t{facts.config_reload_ok});
  const ProcessFacts& process = facts.process;
  text.family("process_resident_memory_bytes", Type::gauge, "Resident memory of this process.");
  text.sample({}, process.resident_bytes);
  text.family("process_cpu_seconds_total", Type::counter, "User and system CPU time used.");
  text.sample({}, process.cpu_seconds);
  text.family("process_open_fds", Type::gauge, "Open file descriptors.");
  text.sample({}, process.open_fds);
  text.family("process_max_fds", Type::gauge, "Limit of open file descriptors.");
  text.sample({}, process.max_fds);
  text.family("process_start_time_seconds", Type::gauge, "Start of this process since 1970.");
  text.sample({}, process.start_time_seconds);
}

void append_services(PrometheusText& text, const Collector& collector) {
  text.family("weir_http_requests_total", Type::counter,
              "Exchanges by service and class of the status sent; none: the client got no status.");
  collector.each_track(SubjectKind::service, [&](const SubjectName& name, const Track& track) {
    for (std::size_t i = 0; i < kStatusClasses; ++i) {
      text.sample({{"service", name.service}, {"code", kClassNames[i]}},
                  track.totals().by_class[i]);
    }
  });
  text.family("weir_http_exchanges_total", Type::counter,
              "Exchanges by service and reason code; OK is an upstream's answer.");
  collector.each_track(SubjectKind::service, [&](const SubjectName& name, const Track& track) {
    for (std::size_t i = 0; i < kReasonCount; ++i) {
      const auto reason = static_cast<telemetry::Reason>(i);
      text.sample({{"service", name.service}, {"reason", telemetry::code(reason)}},
                  track.totals().by_reason[i]);
    }
  });
  text.family("weir_http_request_duration_seconds", Type::histogram,
              "From the request's first byte to the response's last.");
  collector.each_track(SubjectKind::service, [&](const SubjectName& name, const Track& track) {
    text.latency({{"service", name.service}}, track.latencies());
  });
  text.family("weir_http_errors_total", Type::counter,
              "Exchanges that failed their client: 5xx, or a failure after the head.");
  per_service(text, collector, [](const TrafficSnapshot& t) { return t.errors; });
  text.family("weir_http_requests_in_flight", Type::gauge, "Exchanges under way.");
  per_service(text, collector, [](const TrafficSnapshot& t) { return t.in_flight; });
  text.family("weir_http_received_bytes_total", Type::counter, "Bytes from clients.");
  per_service(text, collector, [](const TrafficSnapshot& t) { return t.bytes_in; });
  text.family("weir_http_sent_bytes_total", Type::counter, "Bytes to clients.");
  per_service(text, collector, [](const TrafficSnapshot& t) { return t.bytes_out; });
}

void append_endpoints(PrometheusText& text, const Collector& collector) {
  text.family("weir_upstream_requests_total", Type::counter,
              "Attempts by endpoint and class of the status received; none: no status came.");
  collector.each_track(SubjectKind::endpoint, [&](const SubjectName& name, const Track& track) {
    for (std::size_t i = 0; i < kStatusClasses; ++i) {
      text.sample(
          {{"service", name.service}, {"endpoint", name.endpoint}, {"code", kClassNames[i]}},
          track.totals().by_class[i]);
    }
  });
  text.family("weir_upstream_errors_total", Type::counter, "Attempts that failed.");
  per_endpoint(text, collector, [](const TrafficSnapshot& t) { return t.errors; });
  text.family("weir_upstream_in_flight", Type::gauge, "Attempts under way.");
  per_endpoint(text, collector, [](const TrafficSnapshot& t) { return t.in_flight; });
  text.family("weir_upstream_connects_total", Type::counter, "Connections opened.");
  per_endpoint(text, collector, [](const TrafficSnapshot& t) { return t.connects; });
  text.family("weir_upstream_reconnects_total", Type::counter,
              "Connections opened because a pooled one turned out to be closed.");
  per_endpoint(text, collector, [](const TrafficSnapshot& t) { return t.reconnects; });
}

template <class Value>
void of_services(PrometheusText& text, const GatewayFacts& facts, Value value) {
  for (const ServiceStanding& each : facts.services) {
    text.sample({{"service", each.service}}, value(each));
  }
}

template <class Value>
void of_endpoints(PrometheusText& text, const GatewayFacts& facts, Value value) {
  for (const EndpointStanding& each : facts.endpoints) {
    text.sample({{"service", each.service}, {"endpoint", each.endpoint}}, value(each));
  }
}

// What balancing decides: who may be chosen, which breakers are open, what is sent again.
void append_standings(PrometheusText& text, const GatewayFacts& facts) {
  using Service = const ServiceStanding&;
  using Endpoint = const EndpointStanding&;
  text.family("weir_endpoint_eligible", Type::gauge,
              "Whether the endpoint may be chosen (1) or not (0).");
  of_endpoints(text, facts, [](Endpoint e) { return std::uint64_t{e.eligible}; });
  text.family("weir_endpoint_weight", Type::gauge,
              "Weight of the endpoint now; lower than its own during a slow start.");
  of_endpoints(text, facts, [](Endpoint e) { return e.weight; });
  text.family("weir_endpoint_breaker_state", Type::gauge,
              "Circuit breaker of the endpoint: 0 closed, 1 half-open, 2 open.");
  of_endpoints(text, facts, [](Endpoint e) { return e.breaker.state; });
  text.family("weir_endpoint_breaker_forced", Type::gauge,
              "Whether the operator holds the endpoint's breaker (1) or not (0).");
  of_endpoints(text, facts, [](Endpoint e) { return std::uint64_t{e.breaker.forced}; });
  text.family("weir_endpoint_breaker_changes_total", Type::counter,
              "Changes of state of the endpoint's breaker.");
  of_endpoints(text, facts, [](Endpoint e) { return e.breaker.changes; });
  text.family("weir_service_breaker_state", Type::gauge,
              "Circuit breaker of the service itself: 0 closed, 1 half-open, 2 open.");
  of_services(text, facts, [](Service s) { return s.breaker.state; });
  text.family("weir_service_breaker_forced", Type::gauge,
              "Whether the operator holds the service's breaker (1) or not (0).");
  of_services(text, facts, [](Service s) { return std::uint64_t{s.breaker.forced}; });
  text.family("weir_service_breaker_changes_total", Type::counter,
              "Changes of state of the service's own breaker.");
  of_services(text, facts, [](Service s) { return s.breaker.changes; });
  text.family("weir_service_panic", Type::gauge,
              "Whether so few endpoints are healthy that health is ignored (1) or not (0).");
  of_services(text, facts, [](Service s) { return std::uint64_t{s.panic}; });
  text.family("weir_retries_total", Type::counter, "Attempts made again after a failed one.");
  of_services(text, facts, [](Service s) { return s.retries; });
  text.family("weir_retry_amplification", Type::gauge,
              "Attempts a request over the last 10 s; 1 when none was repeated.");
  of_services(text, facts, [](Service s) { return s.amplification; });
  text.family("weir_fallbacks_total", Type::counter,
              "Exchanges answered by the fallback because every attempt failed.");
  of_services(text, facts, [](Service s) { return s.fallbacks; });
}

void append_gates(PrometheusText& text, const GatewayFacts& facts) {
  const auto each_gate = [&](auto value) {
    for (const ServiceStanding& each : facts.services) {
      if (each.has_gate) text.sample({{"service", each.service}}, value(each));
    }
  };
  text.family("weir_concurrency_limit", Type::gauge,
              "Exchanges that the service takes at once; learned unless it is fixed.");
  each_gate([](const ServiceStanding& each) { return each.limit; });
  text.family("weir_concurrency_in_use", Type::gauge, "Of them, those under way.");
  each_gate([](const ServiceStanding& each) { return each.inside; });
  text.family("weir_concurrency_waiting", Type::gauge, "Exchanges that wait for a place.");
  each_gate([](const ServiceStanding& each) { return each.waiting; });
  text.family("weir_concurrency_refused_total", Type::counter,
              "Exchanges that got no place in time: 503, reason OS.");
  each_gate([](const ServiceStanding& each) { return each.refused; });
}

// Nothing for a service with one algorithm: its numbers are the service's.
void append_arms(PrometheusText& text, const GatewayFacts& facts) {
  const auto each_arm = [&](auto value) {
    for (const ArmStanding& arm : facts.arms) {
      text.sample({{"service", arm.service}, {"algorithm", arm.algorithm}}, value(arm));
    }
  };
  text.family("weir_algorithm_current", Type::gauge,
              "Whether the algorithm carries the service (1) or a slice of it (0).");
  each_arm([](const ArmStanding& arm) { return std::uint64_t{arm.current}; });
  text.family("weir_algorithm_requests_total", Type::counter,
              "Exchanges in the slice of an algorithm.");
  each_arm([](const ArmStanding& arm) { return arm.requests; });
  text.family("weir_algorithm_failures_total", Type::counter,
              "Of them, those that failed or were answered 5xx.");
  each_arm([](const ArmStanding& arm) { return arm.failures; });
  text.family("weir_algorithm_duration_seconds", Type::histogram,
              "Until the response's head, of those that did not fail.");
  for (const ArmStanding& arm : facts.arms) {
    text.latency({{"service", arm.service}, {"algorithm", arm.algorithm}}, arm.latency);
  }
}

void append_listeners(PrometheusText& text, const Collector& collector) {
  using telemetry::ListenerSnapshot;
  text.family("weir_listener_connections", Type::gauge, "Open connections from clients.");
  per_listener(text, collector, [](const ListenerSnapshot& l) { return l.open; });
  text.family("weir_listener_accepted_total", Type::counter, "Connections accepted.");
  per_listener(text, collector, [](const ListenerSnapshot& l) { return l.accepted; });
  text.family("weir_listener_refused_total", Type::counter,
              "Connections closed at once because a limit was reached.");
  per_listener(text, collector, [](const ListenerSnapshot& l) { return l.refused; });
  text.family("weir_listener_malformed_requests_total", Type::counter,
              "Requests refused because their bytes break the protocol.");
  per_listener(text, collector, [](const ListenerSnapshot& l) { return l.malformed; });
  text.family("weir_listener_received_bytes_total", Type::counter, "Bytes read from clients.");
  per_listener(text, collector, [](const ListenerSnapshot& l) { return l.bytes_in; });
  text.family("weir_listener_sent_bytes_total", Type::counter, "Bytes written to clients.");
  per_listener(text, collector, [](const ListenerSnapshot& l) { return l.bytes_out; });
}

void append_own_losses(PrometheusText& text, const Collector& collector,
                       const GatewayFacts& facts) {
  text.family("weir_access_log_dropped_total", Type::counter,
              "Exchanges missing from the access log: it was too slow, or writing failed.");
  text.sample({}, facts.access_log_dropped);
  text.family("weir_log_dropped_total", Type::counter, "Entries missing from the process log.");
  text.sample({}, facts.log_dropped);
  text.family("weir_metrics_dropped_labels_total", Type::counter,
              "Subjects counted under the label other because there were too many.");
  text.sample({}, collector.dropped_subjects());
}

}  // namespace

void append_gateway_metrics(std::string& out, const Collector& collector,
                            const GatewayFacts& facts) {
  PrometheusText text(out);
  append_process(text, facts);
  append_services(text, collector);
  append_endpoints(text, collector);
  append_standings(text, facts);
  append_gates(text, facts);
  append_arms(text, facts);
  append_listeners(text, collector);
  append_own_losses(text, collector, facts);
}

}  // namespace weir::observe
