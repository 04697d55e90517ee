// weir explain: what was decided for an exchange, or would be for a request that is not sent.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/admin_call.hpp"
#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/explain_text.hpp"

namespace weir::app {
namespace {

struct ExplainOptions {
  AdminTarget target;
  std::string id;
  std::string request;
  std::vector<std::string> headers;
  std::string client;
  std::string listener;
  bool json = false;
};

// "GET /x", or "/x" for a GET. Fails: with what is wrong.
base::Result<std::string> explain_query(const ExplainOptions& options) {
  const std::size_t space = options.request.find(' ');
  const bool has_method = space != std::string::npos;
  const std::string method = has_method ? options.request.substr(0, space) : "GET";
  const std::string path = has_method ? options.request.substr(space + 1) : options.request;
  if (method.empty() || !path.starts_with('/') || path.find(' ') != std::string::npos) {
    return base::fail(base::Errc::invalid_argument,
                      fmt::format("--request '{}' is not a method and a path, such as \"GET /x\"",
                                  options.request));
  }
  std::string query =
      fmt::format("/api/explain?method={}&path={}", encode_segment(method), encode_segment(path));
  for (const std::string& header : options.headers) {
    const std::size_t colon = header.find(':');
    if (colon == 0 || colon == std::string::npos) {
      return base::fail(
          base::Errc::invalid_argument,
          fmt::format("--header '{}' is not a name and a value, such as \"Host: a\"", header));
    }
    query += "&header=" + encode_segment(header);
  }
  if (!options.client.empty()) query += "&client=" + encode_segment(options.client);
  if (!options.listener.empty()) query += "&listener=" + encode_segment(options.listener);
  return query;
}

int explain(const ExplainOptions& options) {
  if (options.id.empty() == options.request.empty()) {
    return complain(kUsage,
                    "name either a request id (X-Request-Id of an answer) or --request \"GET /x\"");
  }
  const bool has_more =
      !options.headers.empty() || !options.client.empty() || !options.listener.empty();
  if (options.request.empty() && has_more) {
    return complain(kUsage, "--header, --client and --listener belong to --request");
  }
  http::FetchRequest request;
  request.target = "/api/decisions/" + encode_segment(options.id);
  if (!options.request.empty()) {
    auto query = explain_query(options);
    if (!query) return complain(kUsage, std::string(query.error().detail()));
    request.target = std::move(*query);
  }
  const auto answer = call_admin(options.target, std::move(request));
  if (!answer) return complain(kRunTime, std::string(answer.error().detail()));
  if (options.json) {
    fmt::print("{}", base::pretty_json(*answer));
    return kOk;
  }
  if (!answer->is_object()) return complain(kRunTime, "the answer is not what weir explains with");
  const auto& told = answer->get_object();
  fmt::print("{}", options.request.empty() ? decision_text(told) : explained_text(told));
  return kOk;
}

}  // namespace

void add_explain(CommandLine& line) {
  auto options = std::make_shared<ExplainOptions>();
  Command command = line.command("explain", "Why a request was answered as it was, or would be");
  command.text("id", options->id, "Request id: X-Request-Id of the answer, or the access log's");
  command.text("--request", options->request,
               "Explain this request without sending it: \"GET /x\"");
  command.texts("--header", options->headers, "A header of it, such as \"Host: a\"; repeatable");
  command.text("--client", options->client, "The address it would come from (127.0.0.1)");
  command.text("--listener", options->listener, "The listener it would come to (the first)");
  add_target(command, options->target);
  command.flag("--json", options->json, "Print as JSON");
  command.footer(
      "Kept are exchanges that failed or were repeated, one in 2,000 of the rest, and those sent "
      "with\n`weir-explain: 1` from an address in trusted_proxies; 256 of each data lane.\n"
      "--request asks one data lane and changes nothing.\n"
      "Examples:\n"
      "  weir explain 01890a5d-ac96-774b-bcce-b302099a8057\n"
      "  weir explain --request \"GET /payments/\"\n"
      "  weir explain --request \"GET /\" --header \"Host: shop.example\" --header \"X-User: 7\"\n"
      "  curl '127.0.0.1:9900/api/decisions?limit=5&reason=UC'     the last ones, as JSON");
  command.runs([options] { return explain(*options); });
}

}  // namespace weir::app
