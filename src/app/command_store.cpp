// weir store: the tables in which weir keeps its records.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "app/admin_call.hpp"
#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/open_store.hpp"
#include "app/show_lines.hpp"
#include "base/clock.hpp"
#include "db/target.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"
#include "term/log_text.hpp"

namespace weir::app {
namespace {

struct ShowOptions {
  AdminTarget target;
  std::string table;
  unsigned lines = 100;
  std::uint64_t offset = 0;
  bool json = false;
};

struct DatabaseOptions {
  std::string store;
  std::string data = "./weir-data";
  bool json = false;
};

int show_rows(const ShowOptions& options) {
  http::FetchRequest request;
  request.target = fmt::format("/api/store/{}?limit={}&offset={}", encode_segment(options.table),
                               options.lines, options.offset);
  const auto answer = ask_admin(options.target, std::move(request));
  if (!answer) return complain(kRunTime, answer.error().text);
  if (options.json || !answer->is_object()) {
    show_text(base::pretty_json(*answer));
  } else {
    show_lines(term::rows_table(answer->get_object(), stdout_columns()));
  }
  return kOk;
}

base::json::object status_json(const std::string& where, const db::MigrationStatus& status) {
  base::json::array applied;
  for (const db::AppliedMigration& each : status.applied) {
    applied.push_back(
        base::json::object{{"version", each.version},
                           {"name", each.name},
                           {"time", base::json::string(base::rfc3339(each.applied_at_ms).text)}});
  }
  base::json::array pending;
  for (const int each : status.pending) pending.emplace_back(each);
  return {{"database", where},
          {"version", status.database_version},
          {"programVersion", status.program_version},
          {"applied", std::move(applied)},
          {"pending", std::move(pending)}};
}

// A file that is not there is one that has everything before it.
base::Result<db::MigrationStatus> look_at(const std::string& target, const db::Target& where) {
  std::error_code ignored;
  const bool is_missing =
      where.dialect == db::Dialect::sqlite && !std::filesystem::exists(where.where, ignored);
  if (!is_missing) return store::status_of(target);
  db::MigrationStatus out;
  for (const db::Migration& each : store::migrations()) {
    out.pending.push_back(each.version);
    out.program_version = each.version;
  }
  return out;
}

int database(const DatabaseOptions& options, bool migrate) {
  const std::string target = store_target(options.store, options.data);
  const auto parsed = db::parse_target(target);
  if (!parsed) return complain(kUsage, std::string(parsed.error().detail()));
  const auto status =
      migrate ? store::migrate_target(target, base::wall_ms()) : look_at(target, *parsed);
  if (!status) return complain(kRunTime, std::string(status.error().detail()));
  const std::string where = db::describe(*parsed);
  if (options.json) {
    show_text(base::pretty_json(status_json(where, *status)));
    return kOk;
  }
  fmt::print("{}: version {} of {}\n", where, status->database_version, status->program_version);
  for (const db::AppliedMigration& each : status->applied) {
    fmt::print("  {:>3}  {}  {}\n", each.version, base::rfc3339(each.applied_at_ms).text,
               each.name);
  }
  if (!status->pending.empty()) {
    fmt::print("{} to come: weir store migrate, or the next start of weir\n",
               status->pending.size());
  }
  return kOk;
}

void add_database_options(Command& command, DatabaseOptions& options) {
  command.text("--store", options.store,
               "sqlite:PATH or postgres://… (default: DATABASE_URL, else the file in --data)");
  command.text("--data", options.data, "Data directory (./weir-data)");
  command.flag("--json", options.json, "Print as JSON");
}

void add_show(Command& command) {
  auto show = std::make_shared<ShowOptions>();
  Command rows = command.command("show", "Rows of a table of a running weir");
  std::vector<std::string> names;
  for (const store::Table& each : store::catalogue()) names.emplace_back(each.name);
  rows.text("table", show->table, "Name of the table", Presence::required);
  rows.completes("table", Words::fixed, std::move(names));
  rows.number("-n,--lines", show->lines, "At most so many rows (default 100)", 1,
              static_cast<int>(store::kShowPageMax));
  rows.number("--offset", show->offset, "Leave out so many rows before them");
  add_target(rows, show->target);
  rows.flag("--json", show->json, "Print the answer as JSON");
  rows.footer("Newest first. Secrets are masked.\nExample:\n  weir store show logs -n 20");
  rows.runs([show] { return show_rows(*show); });
}

}  // namespace

void add_store(CommandLine& line) {
  Command command = line.command("store", "The tables in which weir keeps its records");
  command.needs_command();
  command.footer("Examples:\n  weir store show logs\n  weir store status");
  add_show(command);

  auto looked = std::make_shared<DatabaseOptions>();
  Command status = command.command("status", "Which version the tables have; changes nothing");
  add_database_options(status, *looked);
  status.footer("Example:\n  weir store status --data weir-data");
  status.runs([looked] { return database(*looked, false); });

  auto moved = std::make_shared<DatabaseOptions>();
  Command migrate = command.command("migrate", "Bring the tables to this program's version");
  add_database_options(migrate, *moved);
  migrate.footer(
      "weir does the same when it starts. A newer database is refused and left as it is.\n"
      "Example:\n  weir store migrate --store sqlite:weir-data/weir.db");
  migrate.runs([moved] { return database(*moved, true); });
}

}  // namespace weir::app
