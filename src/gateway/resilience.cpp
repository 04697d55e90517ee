// HttpProxy, when an attempt fails: what may be tried again, and the pause before it.
#include "gateway/request_key.hpp"
#include "gateway/story.hpp"
#include "runtime/cancel.hpp"
#include "runtime/lane.hpp"

namespace weir::gateway {
void HttpProxy::plan_tries(const http::RequestHead& head, const Story& story, const Route& route,
                           upstream::AttemptPlan& tries) {
  const config::Retry& retry = route.settings.retry;
  tries.retry = &retry;
  tries.is_idempotent = balance::is_idempotent(head.method);
  if (retry.idempotency_key && !tries.is_idempotent) {
    static const config::HashKey kHeader{config::HashKey::Source::header, "idempotency-key"};
    tries.has_idempotency_key = request_key(kHeader, head, {}).has_value();
  }
  upstream::ServiceLane& service = lane_of(route.service);
  const auto set = service.hold();
  tries.wish.arm = upstream::ServiceLane::arm_of(*set, telemetry::view(story.id));
  const balance::Algorithm algorithm = set->policy->arms[tries.wish.arm];
  if (balance::uses_key(algorithm)) [[unlikely]] {
    const auto key =
        request_key(key_source(set->policy->balance, algorithm), head, story.client.view());
    tries.wish.key = key ? *key : service.rng().next();
  }
}

// Back-off, then a place among the retries on the wire. False: the client left, or time is over. An
// end that came before is a half-close: the client said all, and waits (docs/hazards.md).
runtime::Task<bool> HttpProxy::pause(http::Exchange& exchange, upstream::Attempts& attempts) {
  runtime::Readiness timer(context_.lane);  // nothing but time and the client's end wake it
  runtime::Readiness& client = exchange.client().readiness();
  base::Duration wait = attempts.pause();
  for (;;) {
    if (wait > base::Duration::zero()) {
      if (client.cancelled()) {
        exchange.abort();
        co_return false;
      }
      client.watch_hangup(&timer);
      const runtime::Wake wake = co_await timer.wait_readable(context_.lane.after(wait));
      client.watch_hangup(nullptr);
      if (wake == runtime::Wake::cancelled) {
        exchange.abort();
        co_return false;
      }
    }
    switch (attempts.place(context_.lane.now())) {
      case upstream::Attempts::Place::taken:
        co_return true;
      case upstream::Attempts::Place::refused:
        co_return false;
      case upstream::Attempts::Place::wait:
        wait = attempts.wait_for_place(context_.lane.now());
        break;
    }
  }
}

}  // namespace weir::gateway
