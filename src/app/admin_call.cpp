#include "app/admin_call.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "app/command_line.hpp"
#include "app/data_directory.hpp"
#include "base/text.hpp"
#include "term/traffic.hpp"

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

http::FetchRequest admin_request(const AdminTarget& target, http::FetchRequest request) {
  const char* variable = std::getenv("WEIR_TOKEN");
  std::string token = target.token;
  if (token.empty() && variable != nullptr) token = variable;
  if (!token.empty()) request.fields.emplace_back("Authorization", "Bearer " + token);
  request.fields.emplace_back("User-Agent", "weir-cli");
  if (!request.body.empty()) request.fields.emplace_back("Content-Type", "application/json");
  return request;
}

std::string nobody_answers(const std::string& address, const base::Error& error) {
  return fmt::format(
      "no weir answers at {} ({}); is it running? Name its admin address with "
      "--admin ADDR",
      address, error.detail());
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

std::string breaker_standing(const base::json::object& breaker) {
  return term::breaker_standing(term::read_breaker(breaker));
}

std::expected<base::json::value, AdminProblem> read_admin(const http::Fetched& answer,
                                                          const std::string& path) {
  auto parsed = base::parse_json(answer.body);
  if (answer.status < 400) {
    if (parsed) return std::move(*parsed);
    return std::unexpected(AdminProblem{.text = std::string(parsed.error().detail())});
  }
  AdminProblem problem{.status = answer.status};
  const bool is_problem = parsed && parsed->is_object();
  if (is_problem) {
    const base::json::object& said = parsed->get_object();
    problem.text = text_at(said, "detail");
    const std::string action = text_at(said, "action");
    if (!problem.text.empty() && !action.empty()) problem.text += ". " + action;
    problem.retry_after_s = number_at(said, "retryAfter");
    problem.said = said;
  }
  if (answer.status == 404 && (problem.text.empty() || problem.text.starts_with("no such path"))) {
    problem.text = fmt::format("this weir is too old for it: it does not know {}",
                               path.substr(0, path.find('?')));
  }
  if (problem.text.empty()) problem.text = fmt::format("status {}", answer.status);
  return std::unexpected(std::move(problem));
}

std::expected<base::json::value, AdminProblem> ask_admin(const AdminTarget& target,
                                                         http::FetchRequest request) {
  const std::string address = admin_address(target);
  const std::string path = request.target;
  const auto answer = call(address, admin_request(target, std::move(request)), kCallTime);
  if (answer) return read_admin(*answer, path);
  return std::unexpected(AdminProblem{.text = nobody_answers(address, answer.error())});
}

std::expected<base::json::value, AdminProblem> ask_admin_as(const AdminTarget& target,
                                                            const std::string& user,
                                                            const std::string& password,
                                                            http::FetchRequest request) {
  const std::string address = admin_address(target);
  const auto send = [&](http::FetchRequest each, const std::string& cookie) {
    if (!cookie.empty()) {
      each.fields.emplace_back("Cookie", cookie);
      each.fields.emplace_back("X-Weir-Request", "1");
    }
    return call(address, admin_request({}, std::move(each)), kCallTime);
  };
  http::FetchRequest login;
  login.method = "POST";
  login.target = "/api/login";
  login.body = base::to_text(base::json::object{{"user", user}, {"password", password}});
  const auto entered = send(std::move(login), {});
  if (!entered) {
    return std::unexpected(AdminProblem{.text = nobody_answers(address, entered.error())});
  }
  if (const auto said = read_admin(*entered, "/api/login"); !said) {
    return std::unexpected(said.error());
  }
  std::string cookie;
  for (const auto& [name, value] : entered->fields) {
    if (base::equals_ignore_case(name, "set-cookie")) cookie = value.substr(0, value.find(';'));
  }
  const std::string path = request.target;
  const auto answer = send(std::move(request), cookie);
  http::FetchRequest logout;
  logout.method = "POST";
  logout.target = "/api/logout";
  [[maybe_unused]] const auto left = send(std::move(logout), cookie);
  if (answer) return read_admin(*answer, path);
  return std::unexpected(AdminProblem{.text = nobody_answers(address, answer.error())});
}

base::Result<base::json::value> call_admin(const AdminTarget& target, http::FetchRequest request) {
  auto answer = ask_admin(target, std::move(request));
  if (answer) return std::move(*answer);
  return base::fail(base::Errc::conflict, answer.error().text);
}

}  // namespace weir::app
