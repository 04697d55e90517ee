// Every repository and every promise of the store, on each database.

#include "store/store.hpp"

#include <gtest/gtest.h>

#include "runtime/spawn.hpp"
#include "store/audit.hpp"
#include "store/circuit_breakers.hpp"
#include "store/metrics.hpp"
#include "store/overlay.hpp"
#include "store/plain_rows.hpp"
#include "store/schema.hpp"
#include "store/scratch_store.hpp"
#include "store/services.hpp"
#include "store/tokens.hpp"

namespace weir::store::store_test {

using base::Errc;
using telemetry::Level;

template <class Place>
class EachStore : public StoreTest<Place> {
 protected:
  void write(Store& store, base::Result<Write> write) {
    ASSERT_TRUE(write) << write.error().detail();
    const auto done = store.write_now(std::move(*write), soon());
    ASSERT_TRUE(done) << detail(done);
  }
  Errc refusal(Store& store, base::Result<Write> write) {
    EXPECT_TRUE(write);
    const auto done = store.write_now(std::move(*write), soon());
    EXPECT_FALSE(done);
    return done ? Errc::internal : done.error().code();
  }
};
TYPED_TEST_SUITE(EachStore, Places, PlaceNames);

TYPED_TEST(EachStore, ShowsEveryTableAndKeepsItsRowsWhenItIsOpenedAgain) {
  {
    const auto store = this->open();
    for (const Table& table : catalogue()) {
      const auto rows = store->show(table.name, 10, 0);
      ASSERT_TRUE(rows) << table.name << ": " << rows.error().detail();
      EXPECT_FALSE(rows->columns.empty()) << table.name;
    }
    this->write(*store, insert(LogRow{.at_ms = 1, .message = "hello"}));
  }
  const auto store = this->open();
  const auto tables = store->tables();
  ASSERT_TRUE(tables);
  for (const auto& table : *tables) {
    std::int64_t rows = table.name == "logs" ? 1 : 0;
    if (table.name == "schema_migrations") rows = std::ssize(migrations());
    EXPECT_EQ(table.rows, rows) << table.name;
  }
  const auto unknown = store->show("log", 10, 0);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), Errc::not_found);
  EXPECT_NE(unknown.error().detail().find("did you mean `logs`"), std::string_view::npos);
  EXPECT_EQ(store->show("logs; DROP TABLE logs", 10, 0).error().code(), Errc::not_found);
  EXPECT_EQ(store->show("logs", 0, 0).error().code(), Errc::invalid_argument);
  EXPECT_EQ(store->show("logs", 1'001, 0).error().code(), Errc::invalid_argument);
  EXPECT_EQ(store->show("logs", 1, -1).error().code(), Errc::invalid_argument);
}

TYPED_TEST(EachStore, LogsAreFoundByLevelServiceTimeAndText) {
  const auto store = this->open();
  const LogRow rows[] = {
      {.at_ms = 10, .level = Level::debug, .service = "app", .message = "first"},
      {.at_ms = 20, .level = Level::info, .service = "app", .message = "100% of It's \"Ours\""},
      {.at_ms = 30, .level = Level::warn, .service = "web", .message = "endpoint is out"},
      {.at_ms = 40,
       .level = Level::error,
       .service = "",
       .component = "control",
       .message = "bad \xff byte",
       .fields = R"({"n":1})"},
  };
  for (const LogRow& row : rows) ASSERT_TRUE(store->write(insert(row)));
  ASSERT_TRUE(store->flush(soon()));
  const auto found = [&](LogQuery query) {
    const auto got = store->logs(query);
    std::string times;
    if (!got) return std::string(got.error().detail());
    for (const LogRow& row : *got) times += std::to_string(row.at_ms) + ' ';
    return times;
  };
  EXPECT_EQ(found({}), "40 30 20 10 ");
  EXPECT_EQ(found({.limit = 2}), "40 30 ");
  EXPECT_EQ(found({.level = Level::warn}), "40 30 ");
  EXPECT_EQ(found({.service = "app"}), "20 10 ");
  EXPECT_EQ(found({.since_ms = 30}), "40 30 ");
  EXPECT_EQ(found({.text = "of it's"}), "20 ");
  EXPECT_EQ(found({.text = "0%"}), "20 ");
  EXPECT_EQ(found({.text = "1_0"}), "");
  EXPECT_EQ(found({.level = Level::info, .service = "app", .since_ms = 1, .text = "100"}), "20 ");
  EXPECT_EQ(store->logs({.limit = 0}).error().code(), Errc::invalid_argument);
  const auto newest = store->logs({.limit = 1});
  ASSERT_TRUE(newest);
  EXPECT_EQ((*newest)[0].message, "bad \xef\xbf\xbd byte");
  EXPECT_EQ((*newest)[0].fields, R"({"n":1})");
  EXPECT_EQ((*newest)[0].component, "control");
  EXPECT_EQ(found({.before_id = (*newest)[0].id}), "30 20 10 ");
}

TYPED_TEST(EachStore, UsersAndTokensAreKeptAndTheirHashesHidden) {
  const auto store = this->open();
  const Actor by{"root", 100, "10.0.0.1 a-script"};
  this->write(*store,
              create_user({.name = "ann", .role = Role::admin, .password_hash = "PWH"}, by));
  EXPECT_EQ(this->refusal(*store, create_user({.name = "ann", .password_hash = "x"}, by)),
            Errc::conflict);
  EXPECT_EQ(this->refusal(*store, set_role("bob", Role::viewer, by)), Errc::not_found);
  const auto ann = store->read([](db::Connection& c) { return find_user(c, "ann"); });
  ASSERT_TRUE(ann && *ann);
  EXPECT_EQ((*ann)->password_hash, "PWH");
  EXPECT_EQ((*ann)->role, Role::admin);
  const Token ci{.name = "ci", .role = Role::operator_, .hash = "TKH", .expires_at_ms = 500};
  this->write(*store, create_token(ci, by));
  EXPECT_EQ(this->refusal(*store, create_token(ci, by)), Errc::conflict);
  const auto good = [&] { return store->read([](db::Connection& c) { return read_tokens(c); }); };
  ASSERT_EQ(good()->size(), 1u);
  const Token made = good()->front();
  EXPECT_EQ(made.hash, "TKH");
  EXPECT_EQ(made.role, Role::operator_);
  EXPECT_EQ(made.kind, TokenKind::api);
  EXPECT_EQ(made.created_by, "root");
  EXPECT_EQ(made.expires_at_ms, 500);
  this->write(*store, note_token_use(made.id, 300));
  EXPECT_EQ(good()->front().used_at_ms, 300);
  this->write(*store, revoke_token(made.id, by));
  EXPECT_TRUE(good()->empty());
  EXPECT_EQ(this->refusal(*store, revoke_token(made.id, by)), Errc::not_found);
  for (const auto table : {"users", "tokens", "audit", "logs"}) {
    const auto rows = store->show(table, 100, 0);
    ASSERT_TRUE(rows);
    for (const auto& row : rows->rows) {
      for (const auto& value : row) {
        EXPECT_NE(value, db::Value("PWH")) << table;
        EXPECT_NE(value, db::Value("TKH")) << table;
      }
    }
  }
  EXPECT_EQ(store->show("users", 1, 0)->rows[0][3], db::Value("(hidden)"));
  const auto listed = store->read([](db::Connection& c) { return list_users(c); });
  ASSERT_TRUE(listed);
  EXPECT_EQ((*listed)[0].password_hash, "");
  EXPECT_EQ(store->read([](db::Connection& c) { return read_users(c); })->front().password_hash,
            "PWH");
  const auto tokens = store->read([](db::Connection& c) { return list_tokens(c); });
  ASSERT_EQ(tokens->size(), 1u);
  EXPECT_EQ(tokens->front().hash, "");
  EXPECT_EQ(tokens->front().revoked_at_ms, 100);
  this->write(*store, set_password_hash("ann", "PWH", by));
  this->write(*store, set_disabled("ann", true, by));
  this->write(*store, remove_user("ann", by));
  EXPECT_TRUE(store->read([](db::Connection& c) { return read_users(c); })->empty());
  const auto audit = store->read([](db::Connection& c) { return read_audit(c, 100); });
  ASSERT_TRUE(audit);
  EXPECT_EQ(audit->size(), 6u) << "refused changes leave none";
  EXPECT_EQ((*audit)[0].what, "user.remove");
  for (const AuditRow& row : *audit) EXPECT_EQ(row.came_from, "10.0.0.1 a-script") << row.what;
  EXPECT_EQ((*audit)[5].after, "\"admin\"");
}

TYPED_TEST(EachStore, OverlayKeepsTheLastValueAndWhatTheFileSaid) {
  const auto store = this->open();
  this->write(*store, set({"services.app.algorithm", "\"weighted\"", "api", "ann", 1}));
  this->write(*store,
              set({"services.app.algorithm", "\"ip_hash\"", "cli", "bob", 2, "\"weighted\""}));
  this->write(*store, set({"a", "1", "cli", "bob", 3}));
  this->write(*store, unset_overlay("a"));
  this->write(*store, unset_overlay("never.set"));
  const auto all = store->read([](db::Connection& c) { return read_overlay(c); });
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ((*all)[0].value, "\"ip_hash\"");
  EXPECT_EQ((*all)[0].who, "bob");
  EXPECT_EQ((*all)[0].origin, "cli");
  EXPECT_EQ((*all)[0].file_value, "\"weighted\"");
  const auto one = store->read([](db::Connection& c) { return find_overlay(c, "a"); });
  ASSERT_TRUE(one);
  EXPECT_FALSE(*one);
}

TYPED_TEST(EachStore, AServiceKeepsItsNumber) {
  const auto store = this->open();
  for (const auto name : {"app", "web", "app", "pay"}) {
    this->write(*store, save_service(name, R"({"x":1})", 5));
  }
  this->write(*store, remove_service("app", 6));
  EXPECT_EQ(this->refusal(*store, remove_service("app", 7)), Errc::not_found);
  const auto names = [&](bool with_removed) {
    std::string out;
    const auto listed =
        store->read([&](db::Connection& c) { return list_services(c, with_removed); });
    for (const auto& row : listed.value()) out += row.name + std::to_string(row.number) + ' ';
    return out;
  };
  EXPECT_EQ(names(false), "web2 pay3 ");
  EXPECT_EQ(names(true), "app1 web2 pay3 ");
  this->write(*store, save_service("app", "{}", 8));
  EXPECT_EQ(names(false), "app1 web2 pay3 ");
  const auto by_number = store->read([](db::Connection& c) { return find_service(c, "2"); });
  ASSERT_TRUE(by_number && *by_number);
  EXPECT_EQ((*by_number)->name, "web");
  EXPECT_EQ((*by_number)->definition, R"({"x":1})");
  const auto by_name = store->read([](db::Connection& c) { return find_service(c, "pay"); });
  EXPECT_EQ((*by_name)->number, 3);
  EXPECT_FALSE(*store->read([](db::Connection& c) { return find_service(c, "9"); }));
}

TYPED_TEST(EachStore, BreakersKeepTheNewestState) {
  const auto store = this->open();
  const auto state = [](std::string text, std::int64_t at) {
    return save_breaker({.service = "app",
                         .endpoint = "e1",
                         .state = std::move(text),
                         .forced = true,
                         .reason = "5 failures",
                         .failures = 5,
                         .opened_at_ms = at,
                         .changed_at_ms = at});
  };
  this->write(*store, state("open", 10));
  this->write(*store, state("half_open", 20));
  this->write(*store, state("closed", 15));
  this->write(*store, save_breaker({.service = "app", .changed_at_ms = 1}));
  const auto all = store->read([](db::Connection& c) { return list_breakers(c); });
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 2u);
  EXPECT_EQ((*all)[1].state, "half_open");
  EXPECT_TRUE((*all)[1].forced);
  EXPECT_EQ((*all)[1].failures, 5);
  this->write(*store, forget_breakers("app", "e1"));
  EXPECT_EQ(store->read([](db::Connection& c) { return list_breakers(c); })->size(), 1u);
  this->write(*store, forget_breakers("app"));
  EXPECT_EQ(store->read([](db::Connection& c) { return list_breakers(c); })->size(), 0u);
  this->write(*store, state("open", 1));
  this->write(*store, save_breaker({.service = "web"}));
  this->write(*store, forget_all_breakers());
  EXPECT_EQ(store->read([](db::Connection& c) { return list_breakers(c); })->size(), 0u);
}

TYPED_TEST(EachStore, SamplesAreJoinedIntoSteps) {
  const auto store = this->open();
  const double values[] = {1, 3, 10, -1};
  const std::int64_t times[] = {1'000, 1'900, 2'000, 4'500};
  for (int i = 0; i < 4; ++i) {
    this->write(*store, insert(MetricSample{times[i], "service/app", "rate", values[i]}));
  }
  this->write(*store, insert(MetricSample{1'500, "service/web", "rate", 99}));
  const auto read = [&](MetricQuery query) {
    return store->read([&](db::Connection& c) { return read_metric(c, query); });
  };
  const auto points = read({"service/app", "rate", 1'000, 4'501, 1'000});
  ASSERT_TRUE(points) << points.error().detail();
  ASSERT_EQ(points->size(), 3u);
  EXPECT_EQ((*points)[0].at_ms, 1'000);
  EXPECT_EQ((*points)[0].mean, 2);
  EXPECT_EQ((*points)[0].min, 1);
  EXPECT_EQ((*points)[0].max, 3);
  EXPECT_EQ((*points)[0].samples, 2);
  EXPECT_EQ((*points)[2].at_ms, 4'000);
  EXPECT_EQ(read({"service/app", "rate", 1'001, 2'000, 1'000})->size(), 1u);
  EXPECT_EQ(read({"a", "b", 0, 100, 0}).error().code(), Errc::invalid_argument);
  EXPECT_EQ(read({"a", "b", 0, 10'002, 1}).error().code(), Errc::invalid_argument);
}

TYPED_TEST(EachStore, PlainRowsAreSavedReplacedAndListed) {
  const auto store = this->open();
  const auto list = [&](auto read) { return store->read(read).value(); };
  this->write(*store, save(ShardRow{"s0", "range", "0", "100", "pg0", 7, "ok", 1}));
  this->write(*store, save(ShardRow{"s0", "range", "0", "50", "pg0", 3, "ok", 2}));
  const auto shards = list([](db::Connection& c) { return list_shards(c); });
  ASSERT_EQ(shards.size(), 1u);
  EXPECT_EQ(shards[0].high, "50");
  EXPECT_EQ(shards[0].rows, 3);
  this->write(*store, forget_shard("s0"));
  EXPECT_TRUE(list([](db::Connection& c) { return list_shards(c); }).empty());
  this->write(*store, save(LoadTestRow{"l1", "http://x", "{}", "running", 1, 0, "{}"}));
  this->write(*store, save(LoadTestRow{"l1", "http://x", "{}", "done", 1, 9, R"({"p50":1})"}));
  const auto loads = list([](db::Connection& c) { return list_load_tests(c, 5); });
  ASSERT_EQ(loads.size(), 1u);
  EXPECT_EQ(loads[0].result, R"({"p50":1})");
  this->write(*store,
              save(FaultRow{"f1", "latency", "app", "{}", "real", "active", "ann", 1, 9, 0}));
  this->write(*store, save(FaultRow{"f2", "kill", "web", "{}", "real", "ended", "ann", 2, 3, 3}));
  EXPECT_EQ(list([](db::Connection& c) { return list_faults(c, 5); }).size(), 2u);
  const auto active = list([](db::Connection& c) { return list_faults(c, 5, true); });
  ASSERT_EQ(active.size(), 1u);
  EXPECT_EQ(active[0].id, "f1");
  this->write(*store, save(AlertRow{"a1", "latency", "app", "warn", "firing", 0.5, "slow", 1, 0}));
  const auto alerts = list([](db::Connection& c) { return list_alerts(c, 5); });
  ASSERT_EQ(alerts.size(), 1u);
  EXPECT_EQ(alerts[0].value, 0.5);
  EXPECT_EQ(alerts[0].since_ms, 1);
  this->write(*store, save(RehearsalRow{"r1", "friday", "{}", "done", "pass", "{}", 1, 2}));
  EXPECT_EQ(list([](db::Connection& c) { return list_rehearsals(c, 5); })[0].verdict, "pass");
  this->write(*store, insert(ScalerDecisionRow{1, "app", 2, 3, "load 90 %", "{}", true}));
  const auto scaled = list([](db::Connection& c) { return list_scaler_decisions(c, "app", 5); });
  ASSERT_EQ(scaled.size(), 1u);
  EXPECT_EQ(scaled[0].to_replicas, 3);
  EXPECT_TRUE(scaled[0].applied);
  this->write(*store, insert(ScalerDecisionRow{2, "web", 1, 1, "", "{}", false}));
  this->write(*store, insert(ScalerDecisionRow{1, "app", 3, 3, "held", R"({"max":3})", false}));
  const auto newest = list([](db::Connection& c) { return list_scaler_decisions(c, "app", 5); });
  ASSERT_EQ(newest.size(), 2u);
  EXPECT_EQ(newest[0].reason, "held");
  EXPECT_EQ(newest[0].facts, R"({"max":3})");
  EXPECT_FALSE(newest[0].applied);
  EXPECT_EQ(newest[1].to_replicas, 3);
  EXPECT_EQ(list([](db::Connection& c) { return list_scaler_decisions(c, "app", 1); }).size(), 1u);
}

runtime::Task<void> write_on_lane(runtime::Lane& lane, Store& store, std::vector<int>& out) {
  auto good = store.write(lane, insert(LogRow{.at_ms = 1, .message = "from a lane"}), soon());
  out.push_back((co_await good).has_value() ? 1 : 0);
  Write bad{Kind::record, {}};
  bad.statements.push_back({"INSERT INTO nothing_of_this VALUES (", {}, {}});
  auto refused = store.write(lane, std::move(bad), soon());
  const auto why = co_await refused;
  out.push_back(why ? -1 : static_cast<int>(why.error().code()));
  auto flushing = store.flush(lane, soon());
  out.push_back((co_await flushing).has_value() ? 1 : 0);
  auto work = [](db::Connection& connection) { return read_logs(connection, {}); };
  auto reading = store.read(lane, work, soon());
  const auto rows = co_await reading;
  out.push_back(rows ? static_cast<int>(rows->size()) : -1);
  lane.stop();
}

TYPED_TEST(EachStore, ALaneWaitsForTheDiskWithoutBlocking) {
  runtime::Lane lane(0);
  runtime::Gate gate;
  std::vector<int> got;
  const auto store = this->open();
  runtime::spawn(gate, "write", write_on_lane(lane, *store, got));
  lane.run();
  EXPECT_EQ(got, (std::vector{1, static_cast<int>(Errc::invalid_argument), 1, 1}));
}

TYPED_TEST(EachStore, IsMigratedByACommandAndRefusesANewerDatabase) {
  const std::string text = text_of(this->target());
  const auto made = migrate_target(text, 5);
  ASSERT_TRUE(made) << made.error().detail();
  const auto status = status_of(text);
  ASSERT_TRUE(status) << status.error().detail();
  EXPECT_EQ(status->database_version, static_cast<int>(migrations().size()));
  EXPECT_TRUE(status->pending.empty());
  {
    const auto connection = db::connect(this->target());
    ASSERT_TRUE(
        (*connection)
            ->execute(
                "INSERT INTO schema_migrations VALUES ('store', 999, 'of tomorrow', 'x', 1)"));
  }
  auto options = quick_options();
  options.may_start_degraded = true;
  const auto refused = Store::open(text, options, this->log_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::conflict);
  EXPECT_NE(refused.error().detail().find("newer"), std::string_view::npos);
}

TEST(Store, RefusesWhatNamesNoDatabase) {
  telemetry::NullLog log;
  for (const auto text : {"sqlite::memory:", "weir.db", ""}) {
    EXPECT_EQ(Store::open(text, quick_options(), log).error().code(), Errc::invalid_argument);
  }
  EXPECT_FALSE(status_of("sqlite:/tmp/weir-no-such-folder/weir.db"));
}

}  // namespace weir::store::store_test
