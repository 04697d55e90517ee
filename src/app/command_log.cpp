// weir log: the event log of a running weir.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/kept_client.hpp"
#include "app/show_lines.hpp"
#include "base/clock.hpp"
#include "base/text.hpp"
#include "term/log_text.hpp"

namespace weir::app {
namespace {

constexpr unsigned kPageMax = 1'000;  // as the API has it
constexpr base::Duration kLogTime = std::chrono::seconds(10);
constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 500'000'000};

struct EventLogOptions {
  AdminTarget target;
  std::string level;
  std::string service;
  std::string since;
  unsigned lines = 100;
  bool follow = false;
  bool json = false;
};

// "10m" becomes the time ten minutes ago; an id or a time is the API's to read.
std::string since_text(const std::string& since) {
  const auto ago = base::parse_duration(since);
  if (!ago || since == "0") return since;
  return base::rfc3339(base::wall_ms() - *ago / std::chrono::milliseconds(1)).text;
}

std::string log_path(const EventLogOptions& options, unsigned limit, const std::string& since) {
  std::string path = fmt::format("/api/logs?limit={}", limit);
  if (!options.level.empty()) path += "&level=" + options.level;
  if (!options.service.empty()) path += "&service=" + encode_segment(options.service);
  if (!since.empty()) path += "&since=" + encode_segment(since);
  return path;
}

// Oldest first. Returns the id of the newest, or `last` when there is none.
std::string show_entries(const base::json::value& answer, bool json, std::string last) {
  if (!answer.is_object()) return last;
  std::vector<const base::json::object*> entries;
  for (const auto& each : term::array_at(answer.get_object(), "logs")) {
    if (each.is_object()) entries.push_back(&each.get_object());
  }
  std::ranges::reverse(entries);
  std::vector<term::Line> lines;
  std::string text;
  for (const auto* entry : entries) {
    const auto* id = entry->if_contains("id");
    std::string name = id == nullptr ? std::string() : term::plain_text(*id);
    if (!name.empty() && name == last) continue;
    last = std::move(name);
    if (json) {
      text += base::to_text(*entry) + "\n";
    } else {
      lines.push_back(term::log_line(*entry));
    }
  }
  json ? show_text(text) : show_lines(lines);
  return last;
}

int follow(KeptClient& client, const EventLogOptions& options, std::string last) {
  bool is_lost = false;
  for (;;) {
    ::nanosleep(&kPause, nullptr);
    const std::string since = last.empty() ? since_text(options.since) : last;
    const auto answer = client.get(log_path(options, kPageMax, since), kLogTime);
    if (answer) {
      last = show_entries(*answer, options.json, std::move(last));
    } else if (answer.error().status != 0) {
      return complain(kRunTime, answer.error().text);
    } else if (!is_lost) {
      complain(kRunTime, answer.error().text + "; trying again");
    }
    is_lost = !answer;
  }
}

int event_log(const EventLogOptions& options) {
  KeptClient client(options.target);
  const std::string path = log_path(options, options.lines, since_text(options.since));
  const auto answer = client.get(path, kLogTime);
  if (!answer) return complain(kRunTime, answer.error().text);
  std::string last = show_entries(*answer, options.json, {});
  return options.follow ? follow(client, options, std::move(last)) : kOk;
}

}  // namespace

void add_log(CommandLine& line) {
  auto options = std::make_shared<EventLogOptions>();
  Command command = line.command("log", "The event log: what changed, and why");
  command.flag("-f,--follow", options->follow, "Go on until Ctrl-C");
  command.one_of("--level", options->level, {"debug", "info", "warn", "error"},
                 "This level and worse");
  command.text("--service", options->service, "Only what is about this service");
  command.completes("--service", Words::service);
  command.text("--since", options->since,
               "From then on: 10m ago, a time such as 2026-11-21T08:00:00Z, or an entry's id");
  command.number("-n,--lines", options->lines, "At most so many entries, the newest (default 100)",
                 1, static_cast<int>(kPageMax));
  add_target(command, options->target);
  command.flag("--json", options->json, "One JSON object a line");
  command.footer(
      "Oldest first. What the processes of a service wrote is in weir logs NAME.\n"
      "Examples:\n"
      "  weir log -f\n"
      "  weir log --level warn --since 1h\n"
      "  weir log --service web-server -n 20 --json");
  command.runs([options] { return event_log(*options); });
}

}  // namespace weir::app
