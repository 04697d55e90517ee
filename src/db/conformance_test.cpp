// Every promise of Connection, Transaction and migrate, on each database.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <thread>

#include "db/migrate.hpp"
#include "db/pool.hpp"
#include "db/scratch_postgres.hpp"
#include "db/transaction.hpp"
#include "runtime/spawn.hpp"

namespace weir::db::conformance_test {

using base::Errc;
using std::string_view_literals::operator""sv;

template <class Place>
class Database : public testing::Test {
 protected:
  void SetUp() override {
    if (!place_.target()) GTEST_SKIP() << ScratchPostgres::missing();
  }
  std::unique_ptr<Connection> open(ConnectOptions options = {}) {
    auto made = connect(*place_.target(), options);
    EXPECT_TRUE(made) << (made ? "" : made.error().detail());
    return made ? std::move(*made) : nullptr;
  }
  const Target& target() const { return *place_.target(); }

 private:
  Place place_;
};

struct PlaceNames {
  template <class Place>
  static std::string GetName(int) {
    return std::is_same_v<Place, ScratchFile> ? "Sqlite" : "Postgresql";
  }
};

using Places = testing::Types<ScratchFile, ScratchSchema>;
TYPED_TEST_SUITE(Database, Places, PlaceNames);

std::string detail(const base::Result<Rows>& rows) {
  return rows ? "no error" : std::string(rows.error().detail());
}

void make_table(Connection& connection) {
  const auto made = connection.execute(spelled(
      "CREATE TABLE t(a {int} PRIMARY KEY, b {text} NOT NULL) {strict}", connection.dialect()));
  ASSERT_TRUE(made) << detail(made);
}

std::int64_t count(Connection& connection) {
  const auto rows = connection.execute("SELECT count(*) FROM t");
  return rows ? rows->scalar().integer(-1) : -2;
}

TYPED_TEST(Database, EveryTypeComesBackAsItWent) {
  const auto connection = this->open();
  ASSERT_TRUE(connection->execute(
      spelled("CREATE TABLE v(n {int}, i {int}, r {real}, t {text}, b {blob}) {strict}",
              connection->dialect())));
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
  const Row rows[] = {
      {nullptr, 1, 0.5, "text", Blob{all_bytes}},
      {nullptr, std::numeric_limits<std::int64_t>::max(), 1e308, "", Blob{}},
      {nullptr, std::numeric_limits<std::int64_t>::min(), -0.1, "it's ? $1 \\ \"q\"", Blob{"x"}},
      {nullptr, 0, std::numeric_limits<double>::infinity(), "\xf0\x9f\x8c\x8a", Blob{"\n"}},
      {nullptr, nullptr, nullptr, nullptr, nullptr},
  };
  for (const Row& row : rows) {
    ASSERT_TRUE(connection->execute("DELETE FROM v"));
    const auto put = connection->execute("INSERT INTO v VALUES (?, ?, ?, ?, ?)", row);
    ASSERT_TRUE(put) << detail(put);
    EXPECT_EQ(put->changed, 1);
    const auto got = connection->execute("SELECT n, i, r, t, b FROM v");
    ASSERT_TRUE(got) << detail(got);
    ASSERT_EQ(got->rows.size(), 1u);
    EXPECT_EQ(got->rows[0], row);
    EXPECT_EQ(got->columns, (std::vector<std::string>{"n", "i", "r", "t", "b"}));
    EXPECT_EQ(got->changed, 0);
  }
}

TYPED_TEST(Database, RefusesWhatOnlyOneOfThemWouldTake) {
  const auto connection = this->open();
  make_table(*connection);
  const Value bad[] = {Value(std::nan("")), Value("a\0b"sv), Value("\xff"), Value("\xed\xa0\x80")};
  for (const Value& value : bad) {
    const auto refused = connection->execute("SELECT ?", {value});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::invalid_argument) << detail(refused);
    EXPECT_EQ(connection->last_failure().cause, Cause::misuse);
  }
  const auto wrong_type = connection->execute("INSERT INTO t VALUES (?, ?)", {"one", "x"});
  EXPECT_FALSE(wrong_type);
  EXPECT_EQ(count(*connection), 0);
}

TYPED_TEST(Database, ErrorsSayTheirClassAndKeepTheCode) {
  const auto connection = this->open();
  make_table(*connection);
  ASSERT_TRUE(connection->execute("INSERT INTO t VALUES (1, 'x')"));
  struct Sad {
    std::string_view sql;
    Cause cause;
    Errc code;
  };
  const Sad sads[] = {
      {"INSERT INTO t VALUES (1, 'y')", Cause::unique, Errc::conflict},
      {"INSERT INTO t VALUES (2, NULL)", Cause::constraint, Errc::conflict},
      {"SELEKT 1", Cause::misuse, Errc::invalid_argument},
      {"SELECT * FROM nowhere", Cause::missing, Errc::not_found},
      {"SELECT absent FROM t", Cause::missing, Errc::not_found},
  };
  for (const auto& sad : sads) {
    const auto failed = connection->execute(sad.sql);
    ASSERT_FALSE(failed) << sad.sql;
    EXPECT_EQ(name(connection->last_failure().cause), name(sad.cause)) << detail(failed);
    EXPECT_EQ(failed.error().code(), sad.code) << detail(failed);
    EXPECT_FALSE(connection->last_failure().code.empty());
    EXPECT_NE(detail(failed).find(connection->last_failure().code), std::string::npos);
  }
  EXPECT_TRUE(connection->usable());
  EXPECT_EQ(count(*connection), 1);
}

TYPED_TEST(Database, TakesOneStatementWithItsParametersAndNothingElse) {
  const auto connection = this->open();
  make_table(*connection);
  const std::string_view refused[] = {
      "",
      "  ",
      "-- only a comment",
      "SELECT ?",
      "SELECT ?, ?, ?",
      "INSERT INTO t VALUES (1, 'a'); INSERT INTO t VALUES (2, 'b')",
      "INSERT INTO t VALUES (?, 'a'); SELECT ?"};
  for (const auto sql : refused) {
    const auto rows = connection->execute(sql, {1, 2});
    ASSERT_FALSE(rows) << sql;
    EXPECT_EQ(rows.error().code(), Errc::invalid_argument) << sql << ": " << detail(rows);
  }
  EXPECT_EQ(count(*connection), 0);
  EXPECT_TRUE(connection->execute("SELECT 1 ; -- and a comment "));
  EXPECT_TRUE(connection->execute("SELECT '?' /* ? */"));
}

TYPED_TEST(Database, TransactionTakesEffectWholeOrNotAtAll) {
  const auto connection = this->open();
  const auto other = this->open();
  make_table(*connection);
  {
    auto transaction = Transaction::begin(*connection);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(connection->execute("INSERT INTO t VALUES (1, 'x')"));
    EXPECT_EQ(count(*other), 0);
    EXPECT_EQ(Transaction::begin(*connection).error().code(), Errc::conflict);
  }
  EXPECT_EQ(count(*connection), 0);
  EXPECT_FALSE(connection->in_transaction());
  auto transaction = Transaction::begin(*connection);
  ASSERT_TRUE(transaction);
  ASSERT_TRUE(connection->execute("INSERT INTO t VALUES (1, 'x')"));
  EXPECT_TRUE(transaction->commit());
  EXPECT_EQ(count(*other), 1);
}

TYPED_TEST(Database, AFailedStatementFailsItsTransaction) {
  const auto connection = this->open();
  make_table(*connection);
  const std::string_view sads[] = {"INSERT INTO t VALUES (1, 'again')", "SELECT ?", "COMMIT"};
  for (const auto sad : sads) {
    auto transaction = Transaction::begin(*connection);
    ASSERT_TRUE(transaction);
    ASSERT_TRUE(connection->execute("INSERT INTO t VALUES (1, 'x')"));
    if (sad == "COMMIT") {
      ASSERT_TRUE(connection->execute("DELETE FROM t"));
    }
    EXPECT_FALSE(connection->execute(sad)) << sad;
    const auto after = connection->execute("INSERT INTO t VALUES (2, 'x')");
    ASSERT_FALSE(after) << sad;
    EXPECT_EQ(after.error().code(), Errc::conflict);
    const auto committed = transaction->commit();
    ASSERT_FALSE(committed) << sad;
    EXPECT_EQ(committed.error().code(), Errc::conflict);
    EXPECT_EQ(count(*connection), 0) << sad;
  }
}

TYPED_TEST(Database, TransactionsAreNotBegunByText) {
  const auto connection = this->open();
  const auto begun = connection->execute("BEGIN");
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code(), Errc::invalid_argument);
  make_table(*connection);
  EXPECT_EQ(count(*connection), 0);
}

TYPED_TEST(Database, PreparedStatementsAreBounded) {
  ConnectOptions options;
  options.statements_max = 3;
  const auto connection = this->open(options);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 8; ++i) {
      const auto rows = connection->execute("SELECT ? + " + std::to_string(i), {10});
      ASSERT_TRUE(rows) << detail(rows);
      EXPECT_EQ(rows->scalar(), Value(10 + i));
      EXPECT_LE(connection->statements(), 3u);
    }
  }
}

TYPED_TEST(Database, AStatementSurvivesAChangeOfItsTable) {
  const auto connection = this->open();
  make_table(*connection);
  ASSERT_TRUE(connection->execute("INSERT INTO t VALUES (1, 'x')"));
  ASSERT_TRUE(connection->execute("SELECT * FROM t"));
  ASSERT_TRUE(
      connection->execute(spelled("ALTER TABLE t ADD COLUMN c {int}", connection->dialect())));
  auto rows = connection->execute("SELECT * FROM t");
  if (!rows) rows = connection->execute("SELECT * FROM t");  // PostgreSQL prepares anew
  ASSERT_TRUE(rows) << detail(rows);
  EXPECT_EQ(rows->columns.size(), 3u);
}

TYPED_TEST(Database, ALargeResultIsAnErrorAndTheConnectionGoesOn) {
  ConnectOptions options;
  options.rows_max = 100;
  options.result_bytes_max = 4096;
  const auto connection = this->open(options);
  const std::string counting =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {}) SELECT i FROM "
      "n";
  const auto with = [&](std::string_view last) {
    return std::string(counting).replace(counting.find("{}"), 2, last);
  };
  const auto many = connection->execute(with("101"));
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().code(), Errc::invalid_argument) << detail(many);
  EXPECT_FALSE(connection->execute("SELECT ?", {std::string(5000, 'x')}));
  EXPECT_TRUE(connection->execute(with("20")));
}

TYPED_TEST(Database, AStatementEndsAtItsTimeLimit) {
  ConnectOptions options;
  options.statement_timeout = std::chrono::milliseconds(30);
  const auto connection = this->open(options);
  const auto endless = connection->execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT count(*) FROM n");
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().code(), Errc::deadline) << detail(endless);
  EXPECT_EQ(connection->last_failure().cause, Cause::timeout);
  EXPECT_TRUE(connection->execute("SELECT 1"));
}

TYPED_TEST(Database, AReadOnlySessionCannotWrite) {
  const auto writer = this->open();
  make_table(*writer);
  ConnectOptions options;
  options.read_only = true;
  const auto reader = this->open(options);
  EXPECT_EQ(count(*reader), 0);
  const auto refused = reader->execute("INSERT INTO t VALUES (1, 'x')");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::refused) << detail(refused);
}

// ---- migrations

const std::vector<Migration> kTwo = {
    {1, "first", {"CREATE TABLE t(a {int} PRIMARY KEY, b {text} NOT NULL) {strict}"}},
    {2, "second", {"ALTER TABLE t ADD COLUMN c {int}", "INSERT INTO t VALUES (1, 'x', 2)"}},
};

TYPED_TEST(Database, MigratesOnceAndKnowsItsVersion) {
  const auto connection = this->open();
  const auto before = migration_status(*connection, "store", kTwo);
  ASSERT_TRUE(before);
  EXPECT_EQ(before->database_version, 0);
  EXPECT_EQ(before->pending, (std::vector{1, 2}));
  for (int round = 0; round < 2; ++round) {
    const auto done = migrate(*connection, "store", kTwo, 1'000 + round);
    ASSERT_TRUE(done) << done.error().detail();
    EXPECT_EQ(done->database_version, 2);
    EXPECT_TRUE(done->pending.empty());
    ASSERT_EQ(done->applied.size(), 2u);
    EXPECT_EQ(done->applied[1].name, "second");
    EXPECT_EQ(done->applied[1].applied_at_ms, 1'000);
  }
  EXPECT_EQ(count(*connection), 1);
  const std::vector<Migration> another = {{1, "own", {"CREATE TABLE u(a {int}) {strict}"}}};
  EXPECT_TRUE(migrate(*connection, "events", another, 1)) << "components do not see each other";
}

TYPED_TEST(Database, AFailingMigrationLeavesTheVersionBefore) {
  const auto connection = this->open();
  auto broken = kTwo;
  broken[1].statements.push_back("INSERT INTO nowhere VALUES (1)");
  const auto failed = migrate(*connection, "store", broken, 1);
  ASSERT_FALSE(failed);
  EXPECT_TRUE(failed.error().detail().starts_with("migration 2 (second): "))
      << failed.error().detail();
  EXPECT_EQ(count(*connection), 0);
  const auto status = migration_status(*connection, "store", kTwo);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->database_version, 1);
  EXPECT_TRUE(migrate(*connection, "store", kTwo, 1));
}

TYPED_TEST(Database, RefusesANewerDatabaseAndAnEditedMigration) {
  const auto connection = this->open();
  ASSERT_TRUE(migrate(*connection, "store", kTwo, 1));
  const auto newer = migrate(*connection, "store", std::span(kTwo).first(1), 1);
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code(), Errc::conflict);
  EXPECT_NE(newer.error().detail().find("newer"), std::string_view::npos);
  auto edited = kTwo;
  edited[0].statements[0] = "CREATE TABLE t(a {int}) {strict}";
  const auto differs = migration_status(*connection, "store", edited);
  ASSERT_FALSE(differs);
  EXPECT_EQ(differs.error().code(), Errc::conflict);
}

TYPED_TEST(Database, TwoProgramsMigrateAtOnce) {
  const auto first = this->open();
  const auto second = this->open();
  base::Result<MigrationStatus> one, two;
  std::thread other([&] { two = migrate(*second, "store", kTwo, 2); });
  one = migrate(*first, "store", kTwo, 1);
  other.join();
  EXPECT_TRUE(one) << (one ? "" : one.error().detail());
  EXPECT_TRUE(two) << (two ? "" : two.error().detail());
  EXPECT_EQ(count(*first), 1);
}

// ---- pool

TYPED_TEST(Database, ThePoolIsBoundedAndKeepsItsConnections) {
  PoolOptions options;
  options.connections_max = 2;
  options.lease_wait = std::chrono::milliseconds(1);
  Pool pool(this->target(), options);
  {
    const auto first = pool.lease();
    const auto second = pool.lease();
    ASSERT_TRUE(first && second);
    const auto third = pool.lease();
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code(), Errc::overloaded);
  }
  for (int i = 0; i < 5; ++i) ASSERT_TRUE((*pool.lease())->execute("SELECT 1"));
  EXPECT_EQ(pool.stats().made, 2u);
  {
    const auto lease = pool.lease();
    auto left_open = Transaction::begin(**lease);
    alignas(Transaction) std::byte room[sizeof(Transaction)];
    new (room) Transaction(std::move(*left_open));  // never ended
  }
  EXPECT_EQ(pool.stats().replaced, 1u);
  EXPECT_EQ(pool.stats().idle, 1u);
}

runtime::Task<void> ask(runtime::Lane& lane, Pool& pool, std::vector<std::int64_t>& out) {
  auto work = [](Connection& connection) -> base::Result<std::int64_t> {
    WEIR_TRY(const Rows rows, connection.execute("SELECT ? * 2", {21}));
    return rows.scalar().integer();
  };
  auto good = pool.run(lane, work);
  const auto doubled = co_await good;
  out.push_back(doubled ? *doubled : -1);
  auto wrong = [](Connection& connection) { return connection.execute("SELEKT"); };
  auto bad = pool.run(lane, wrong);
  const auto failed = co_await bad;
  out.push_back(failed ? 1 : static_cast<std::int64_t>(failed.error().code()));
  lane.stop();
}

TYPED_TEST(Database, ALaneGetsItsRowsFromAThreadThatMayBlock) {
  runtime::Lane lane(0);
  runtime::Gate gate;
  std::vector<std::int64_t> got;
  Pool pool(this->target());
  runtime::spawn(gate, "ask", ask(lane, pool, got));
  lane.run();
  EXPECT_EQ(got,
            (std::vector{std::int64_t{42}, static_cast<std::int64_t>(Errc::invalid_argument)}));
}

}  // namespace weir::db::conformance_test
