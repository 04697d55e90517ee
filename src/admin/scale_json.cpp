#include "admin/scale_json.hpp"

#include <fmt/format.h>

#include "admin/answer.hpp"
#include "base/json.hpp"

namespace weir::admin {
namespace {

constexpr std::int64_t kReplicasMax = 10'000;

base::Fail wrong_field(std::string text) {
  return base::fail(base::Errc::invalid_argument, std::move(text));
}

}  // namespace

base::Result<ScaleRequest> parse_scale(std::string_view body) {
  WEIR_TRY(const base::json::value parsed, base::parse_json(body));
  if (!parsed.is_object()) return base::fail(base::Errc::bad_message, "the body is not an object");
  ScaleRequest out;
  bool has_replicas = false;
  for (const auto& member : parsed.get_object()) {
    const std::string_view key = member.key();
    const auto& value = member.value();
    if (key == "service") {
      if (!value.is_string()) return wrong_field("service: not a text");
      out.service = std::string_view(value.get_string());
    } else if (key == "replicas") {
      const bool fits =
          value.is_int64() && value.get_int64() >= 1 && value.get_int64() <= kReplicasMax;
      if (!fits) {
        return wrong_field(fmt::format("replicas: not a whole number from 1 to {}", kReplicasMax));
      }
      out.wish.replicas = static_cast<std::uint32_t>(value.get_int64());
      has_replicas = true;
    } else if (key == "action") {
      const std::string_view word = value.is_string() ? std::string_view(value.get_string()) : "";
      if (word != "up" && word != "down") return wrong_field("action: not up or down");
      out.wish.step = word == "up" ? 1 : -1;
    } else {
      return wrong_field(fmt::format("{}: unknown field; there are: service, replicas, action",
                                     key.substr(0, 64)));
    }
  }
  if (has_replicas == (out.wish.step != 0)) return wrong_field("give either replicas or action");
  return out;
}

http::Response scale_response(const control::ScaleAnswer& answer) {
  using Kind = control::ScaleAnswer::Kind;
  if (answer.kind == Kind::done) {
    return json(base::json::object{{"success", true},
                                   {"service", answer.service},
                                   {"from", answer.from},
                                   {"replicas", answer.to},
                                   {"message", answer.detail}});
  }
  const bool is_early = answer.kind == Kind::cooling_down;
  std::string_view advice = "scaling.min and scaling.max of the service are the bounds.";
  if (is_early) advice = "Try again after that time, or set scaling.cooldown.";
  if (answer.kind == Kind::impossible) advice = "Nothing was changed.";
  http::Response response = problem(is_early ? 409 : 422, answer.detail, advice);
  if (!is_early) return response;
  auto body = base::parse_json(response.body);
  if (body && body->is_object()) {
    body->get_object()["retryAfter"] = answer.retry_after;
    response.body = base::to_text(*body) + "\n";
  }
  response.fields.emplace_back("Retry-After", std::to_string(answer.retry_after));
  return response;
}

}  // namespace weir::admin
