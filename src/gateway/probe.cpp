// HttpProxy::probe: a request of our own through the same endpoints, pools and counters.
#include "gateway/http_proxy.hpp"
#include "http/fetch.hpp"
#include "runtime/lane.hpp"

namespace weir::gateway {
namespace {

constexpr base::Duration kProbeTime = std::chrono::seconds(10);

struct ProbeSender {
  http::LaneContext& context;
  EndpointPools& pools;
  HttpProxy::ProbeResult& result;

  runtime::Task<upstream::AttemptOutcome> send(upstream::Endpoint& endpoint) {
    const base::Time start = context.lane.precise_now();
    result.endpoint_id = endpoint.id;
    result.endpoint_name = endpoint.name;
    result.endpoint_address = endpoint.address;
    result.in_flight = endpoint.traffic.total().in_flight;
    upstream::AttemptOutcome outcome{.reason = telemetry::Reason::ok};
    auto pool = pools.of(endpoint);
    if (!pool) {
      outcome.reason = telemetry::Reason::connect_failed;
      result.detail = "the address cannot be read";
      co_return outcome;
    }
    http::FetchRequest request;
    request.host = endpoint.address;
    request.fields.emplace_back("User-Agent", "weir-request");
    auto fetching = http::fetch(context, *pool, std::move(request), context.lane.after(kProbeTime));
    const auto fetched = co_await fetching;
    if (fetched) {
      outcome.status = fetched->status;
      outcome.bytes_out = fetched->body.size();
    } else {
      outcome.reason = telemetry::Reason::upstream_closed;
      result.detail = fetched.error().detail();
    }
    outcome.duration = outcome.to_head = context.lane.precise_now() - start;
    co_return outcome;
  }
};

}  // namespace

runtime::Task<HttpProxy::ProbeResult> HttpProxy::probe(std::shared_ptr<upstream::Service> service) {
  ProbeResult result;
  upstream::ServiceLane& lane = lane_of(service);
  telemetry::TrafficCounters& counters = lane.counters();
  counters.begin();
  ProbeSender sender{context_, pools_, result};
  const std::size_t arm = lane.hold()->policy->arm;
  const upstream::AttemptPlan plan{.wish = {.key = lane.rng().next(), .arm = arm}};
  upstream::Attempts attempts(lane, plan);
  upstream::Endpoint* endpoint = nullptr;
  if (attempts.enter(context_.lane.now())) endpoint = attempts.next(context_.lane.now());
  if (endpoint != nullptr) {
    auto sending = sender.send(*endpoint);
    attempts.report(co_await sending, context_.lane.now());
  } else {
    result.detail = attempts.refusal() == telemetry::Reason::breaker_open
                        ? "the circuit breakers are open"
                        : "no endpoint is eligible";
  }
  attempts.conclude(context_.lane.now());
  result.status = attempts.outcome().status;
  result.reason = endpoint != nullptr ? attempts.outcome().reason : attempts.refusal();
  result.duration = attempts.outcome().duration;
  counters.finish({.status = result.status, .reason = result.reason, .duration = result.duration});
  co_return result;
}

}  // namespace weir::gateway
