#include "http/response.hpp"

#include <fmt/format.h>

#include "base/json.hpp"
#include "http/head_writer.hpp"

namespace weir::http {
namespace {

void add_member(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  out += fmt::format(",\"{}\":\"", key);
  base::append_json_escaped(out, value);
  out += '"';
}

}  // namespace

Response problem_response(const Problem& problem) {
  const std::string_view title =
      problem.title.empty() ? reason_phrase(problem.status) : problem.title;
  Response response;
  response.status = problem.status;
  response.content_type = "application/problem+json";
  response.body = "{\"type\":\"about:blank\",\"title\":\"";
  base::append_json_escaped(response.body, title);
  response.body += fmt::format("\",\"status\":{}", problem.status);
  add_member(response.body, "detail", problem.detail);
  add_member(response.body, "action", problem.action);
  add_member(response.body, "reason", problem.reason);
  add_member(response.body, "requestId", problem.request_id);
  response.body += "}\n";
  return response;
}

Response json_response(std::uint16_t status, std::string body) {
  return {.status = status, .content_type = "application/json", .body = std::move(body)};
}

Response text_response(std::uint16_t status, std::string body) {
  return {.status = status, .content_type = "text/plain; charset=utf-8", .body = std::move(body)};
}

}  // namespace weir::http
