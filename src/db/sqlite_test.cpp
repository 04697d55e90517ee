// What only a SQLite file can do or suffer.

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "db/pool.hpp"
#include "db/scratch_postgres.hpp"
#include "db/transaction.hpp"

namespace weir::db::sqlite_test {

using base::Errc;

std::string text_of(Connection& connection, std::string_view pragma) {
  const auto rows = connection.execute(pragma);
  return rows ? to_text(rows->scalar()) : std::string(rows.error().detail());
}

TEST(Sqlite, IsDurableStrictAboutKeysAndPrivate) {
  const ScratchFile file;
  const auto connection = connect(*file.target());
  ASSERT_TRUE(connection);
  EXPECT_EQ(text_of(**connection, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(text_of(**connection, "PRAGMA synchronous"), "2");
  EXPECT_EQ(text_of(**connection, "PRAGMA foreign_keys"), "1");
  for (const auto& each : std::filesystem::directory_iterator(
           std::filesystem::path(file.target()->where).parent_path())) {
    struct stat found{};
    ASSERT_EQ(::stat(each.path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600u) << each.path();
  }
}

TEST(Sqlite, OneWriterWaitsForTheOtherOnlySoLong) {
  const ScratchFile file;
  ConnectOptions options;
  options.busy_timeout = std::chrono::milliseconds(5);
  const auto first = connect(*file.target(), options);
  const auto second = connect(*file.target(), options);
  ASSERT_TRUE(first && second);
  auto writing = Transaction::begin(**first);
  ASSERT_TRUE(writing);
  const auto refused = Transaction::begin(**second);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), Errc::overloaded);
  EXPECT_EQ(refused.error().retry(), base::Retry::safe);
  EXPECT_EQ((*second)->last_failure().cause, Cause::busy);
  writing->roll_back();
  EXPECT_TRUE(Transaction::begin(**second));
}

TEST(Sqlite, SaysWhyAFileCannotBeOpened) {
  const ScratchFile file;
  const std::string path = file.target()->where;
  std::ofstream(path) << "this is a text file, and quite a long one as such files go, so that it "
                         "fills more than the hundred bytes of a header";
  const auto no_database = connect(*file.target());
  ASSERT_FALSE(no_database);
  EXPECT_EQ(no_database.error().code(), Errc::bad_message) << no_database.error().detail();
  const auto no_folder = connect({Dialect::sqlite, path + ".none/weir.db"});
  ASSERT_FALSE(no_folder);
  EXPECT_NE(no_folder.error().detail().find("is not there"), std::string_view::npos);
  const auto is_folder = connect({Dialect::sqlite, "/tmp"});
  EXPECT_FALSE(is_folder);
  ConnectOptions options;
  options.read_only = true;
  const auto absent = connect({Dialect::sqlite, path + ".absent"}, options);
  ASSERT_FALSE(absent);
  EXPECT_FALSE(std::filesystem::exists(path + ".absent"));
}

TEST(Sqlite, AFullDiskFailsTheTransactionAndNothingElse) {
  const ScratchFile file;
  const auto connection = connect(*file.target());
  ASSERT_TRUE(connection);
  ASSERT_TRUE((*connection)->execute("CREATE TABLE t(a BLOB)"));
  ASSERT_TRUE((*connection)->execute("PRAGMA max_page_count=8"));
  auto transaction = Transaction::begin(**connection);
  ASSERT_TRUE(transaction);
  ASSERT_TRUE((*connection)->execute("INSERT INTO t VALUES (zeroblob(10))"));
  const auto full = (*connection)->execute("INSERT INTO t VALUES (zeroblob(100000))");
  ASSERT_FALSE(full);
  EXPECT_EQ((*connection)->last_failure().cause, Cause::full) << full.error().detail();
  EXPECT_EQ(full.error().code(), Errc::overloaded);
  EXPECT_FALSE(transaction->commit()) << "SQLite has rolled back by itself";
  EXPECT_EQ(text_of(**connection, "SELECT count(*) FROM t"), "0");
  EXPECT_TRUE((*connection)->execute("INSERT INTO t VALUES (zeroblob(10))"));
}

TEST(Sqlite, ThePoolNoticesAReplacedFile) {
  const ScratchFile file;
  Pool pool(*file.target());
  ASSERT_TRUE((*pool.lease())->execute("CREATE TABLE t(a INTEGER)"));
  std::filesystem::rename(file.target()->where, file.target()->where + ".old");
  const auto rows = (*pool.lease())->execute("SELECT * FROM t");
  ASSERT_FALSE(rows);
  EXPECT_EQ(rows.error().code(), Errc::not_found);
  EXPECT_EQ(pool.stats().replaced, 1u);
}

}  // namespace weir::db::sqlite_test
