// HttpProxy: which exchanges are explained later, and what is kept of them.
#include <algorithm>

#include "base/text.hpp"
#include "gateway/story.hpp"
#include "runtime/lane.hpp"

namespace weir::gateway {
namespace {

constexpr std::size_t kTextMax = 256;

std::string cut(std::string_view text) { return std::string(text.substr(0, kTextMax)); }

}  // namespace

// `weir-explain: 1` from a trusted address traces this exchange and asks for `weir-attempts` in the
// response.
void HttpProxy::begin_decision(const http::RequestHead& head, Story& story, const Route& route,
                               upstream::AttemptPlan& tries) {
  if (story.peer_is_trusted) {
    for (const http::Field& field : head.fields) {
      if (field.id == http::FieldId::other && field.name_size == 12 &&
          base::equals_ignore_case(head.fields.name(field), "weir-explain")) {
        story.asked_to_explain = true;
      }
    }
  }
  if (!story.asked_to_explain && !decisions_.is_due()) return;
  story.decision = std::make_unique<DecisionView>();
  story.decision->method = cut(head.method);
  story.decision->path = cut(head.target);
  story.decision->route = route.settings.match.path;
  story.trace = std::make_shared<upstream::AttemptTrace>();
  tries.trace = story.trace.get();
}

void HttpProxy::keep_decision(const http::Exchange& exchange, Story& story, const ForwardPlan& plan,
                              const upstream::Attempts& attempts) {
  const Route& route = plan.route;
  DecisionView decision;
  if (story.decision != nullptr) {
    decision = std::move(*story.decision);
  } else {
    decision.method = plan.method();
    decision.path = story.target;
  }
  decision.request_id = telemetry::view(story.id);
  const base::Time now = context_.lane.precise_now();
  decision.took = std::max(now - exchange.started(), base::Duration::zero());
  decision.wall_ms = context_.date.wall_ms(now) - decision.took / std::chrono::milliseconds(1);
  decision.lane = context_.lane.number();
  decision.client = story.client.view();
  decision.service = route.service->name;
  decision.route = route.settings.match.path;
  decision.status = exchange.status();
  decision.reason = story.reason;
  decision.flags = story.flags;
  decision.detail = story.detail;
  decision.attempts_made = attempts.count();
  decision.attempts = attempts.notes();
  decision.trace = std::move(story.trace);
  decisions_.keep(std::move(decision));
}

}  // namespace weir::gateway
