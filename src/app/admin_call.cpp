#include "app/admin_call.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

#include "app/command_line.hpp"
#include "app/data_directory.hpp"

namespace weir::app {
namespace {

constexpr const char* kDefaultAdmin = "127.0.0.1:9900";
constexpr base::Duration kCallTime = std::chrono::seconds(65);

}  // namespace

void add_target(Command& command, AdminTarget& target) {
  command.text("--admin", target.admin,
               "Admin address (default: of the instance using --data, else 127.0.0.1:9900)");
  command.text("--data", target.data, "Data directory of the instance (./weir-data)");
  command.text("--token", target.token,
               "Token of a weir that has users; better in WEIR_TOKEN, which other users of this "
               "machine cannot see");
}

std::string admin_address(const AdminTarget& target) {
  if (!target.admin.empty()) return target.admin;
  if (const auto running = find_running(target.data); running && !running->admin.empty()) {
    return running->admin;
  }
  return kDefaultAdmin;
}

std::string encode_segment(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string text_at(const base::json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(std::string_view(value->get_string()));
}

double number_at(const base::json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_number() ? value->to_number<double>() : 0;
}

bool flag_at(const base::json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::string breaker_standing(const base::json::object& breaker) {
  if (!flag_at(breaker, "enabled")) return "off";
  const std::string state = text_at(breaker, "state");
  if (flag_at(breaker, "forced")) return "forced " + state;
  const double left_ms = number_at(breaker, "nextProbeMs");
  if (state == "open" && left_ms > 0) {
    return fmt::format("open, probes in {:.0f} s", std::ceil(left_ms / 1000));
  }
  if (state != "half-open") return state;
  return fmt::format("half-open, {} of {} probes passed", number_at(breaker, "probesPassed"),
                     number_at(breaker, "probes"));
}

base::Result<base::json::value> call_admin(const AdminTarget& target, http::FetchRequest request) {
  const std::string address = admin_address(target);
  request.fields.emplace_back("User-Agent", "weir-cli");
  const char* variable = std::getenv("WEIR_TOKEN");
  std::string token = target.token;
  if (token.empty() && variable != nullptr) token = variable;
  if (!token.empty()) request.fields.emplace_back("Authorization", "Bearer " + token);
  if (!request.body.empty()) request.fields.emplace_back("Content-Type", "application/json");
  const auto answer = call(address, std::move(request), kCallTime);
  if (!answer) {
    return base::fail(answer.error().code(),
                      fmt::format("no weir answers at {} ({}); is it running? Name its admin "
                                  "address with --admin ADDR",
                                  address, answer.error().detail()));
  }
  const auto parsed = base::parse_json(answer->body);
  if (answer->status >= 400) {
    std::string detail = fmt::format("status {}", answer->status);
    if (parsed && parsed->is_object() && parsed->get_object().contains("detail")) {
      const auto& problem = parsed->get_object();
      detail = problem.at("detail").as_string().c_str();
      if (const auto* action = problem.if_contains("action")) {
        detail += fmt::format(". {}", action->as_string().c_str());
      }
    }
    return base::fail(base::Errc::conflict, detail);
  }
  if (!parsed) return base::Fail(parsed.error());
  return *parsed;
}

}  // namespace weir::app
