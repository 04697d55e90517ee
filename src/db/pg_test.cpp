// What only a server can do or suffer: refusing, dying, not answering.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "db/pool.hpp"
#include "db/scratch_postgres.hpp"
#include "db/transaction.hpp"

namespace weir::db::pg_test {

using base::Errc;

class Server : public testing::Test {
 protected:
  void SetUp() override {
    server_ = ScratchPostgres::shared();
    if (server_ == nullptr) GTEST_SKIP() << ScratchPostgres::missing();
  }
  Target target(std::string_view more = {}) const {
    return {Dialect::postgresql, server_->conninfo() + " " + std::string(more)};
  }
  ScratchPostgres* server_ = nullptr;
};

TEST_F(Server, SaysWhyItCannotBeReached) {
  struct Sad {
    std::string where;
    Errc code;
    std::string_view says;
  };
  const Sad sads[] = {
      {server_->conninfo() + " dbname=nowhere", Errc::not_found, "3D000"},
      {server_->conninfo() + " user=nobody", Errc::refused, "28000"},
      {"host=/tmp/weir-no-such-folder", Errc::unreachable, "check that the server runs"},
      {"host=127.0.0.1 port=1 password=secret", Errc::unreachable, "127.0.0.1:1"},
  };
  for (const auto& sad : sads) {
    const auto refused = connect({Dialect::postgresql, sad.where});
    ASSERT_FALSE(refused) << sad.where;
    const auto detail = refused.error().detail();
    EXPECT_EQ(base::name(refused.error().code()), base::name(sad.code)) << detail;
    EXPECT_NE(detail.find(sad.says), std::string_view::npos) << detail;
    EXPECT_EQ(detail.find("secret"), std::string_view::npos) << detail;
  }
}

TEST_F(Server, ASilentServerEndsAtTheConnectTimeout) {
  char folder[] = "/tmp/weir-pg-XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/.s.PGSQL.5432";
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  ConnectOptions options;
  options.connect_timeout = std::chrono::milliseconds(20);
  const auto silent = connect({Dialect::postgresql, std::string("host=") + folder}, options);
  ::close(listener);
  std::filesystem::remove_all(folder);
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().code(), Errc::unreachable);
  EXPECT_NE(silent.error().detail().find("within 20 ms"), std::string_view::npos)
      << silent.error().detail();
}

TEST_F(Server, ALostConnectionIsAnErrorThatKnowsWhetherToTryAgain) {
  const auto connection = connect(target());
  const auto killer = connect(target());
  ASSERT_TRUE(connection && killer);
  const auto end_it = [&] {
    const auto pid = (*connection)->execute("SELECT pg_backend_pid()");
    EXPECT_TRUE(pid);
    return [&killer, number = pid->scalar()] {
      EXPECT_TRUE((*killer)->execute("SELECT pg_terminate_backend(?::int, 5000)", {number}));
    };
  }();
  auto transaction = Transaction::begin(**connection);
  ASSERT_TRUE(transaction);
  end_it();
  const auto lost = (*connection)->execute("SELECT 1");
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code(), Errc::reset) << lost.error().detail();
  EXPECT_EQ((*connection)->last_failure().cause, Cause::lost);
  EXPECT_EQ(lost.error().retry(), base::Retry::safe);
  EXPECT_FALSE((*connection)->usable());
  EXPECT_FALSE(transaction->commit());
  const auto again = (*connection)->execute("SELECT 1");
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), Errc::reset);
}

TEST_F(Server, ThePoolOutlivesARestartOfItsServer) {
  PoolOptions options;
  options.reconnect_pause = base::Duration(0);
  Pool pool(target(), options);
  ASSERT_TRUE((*pool.lease())->execute("SELECT 1"));
  server_->stop();
  const auto down = pool.lease();
  ASSERT_FALSE(down);
  EXPECT_EQ(down.error().code(), Errc::unreachable) << down.error().detail();
  EXPECT_EQ(down.error().retry(), base::Retry::safe);
  ASSERT_TRUE(server_->start());
  const auto up = pool.lease();
  ASSERT_TRUE(up) << up.error().detail();
  EXPECT_TRUE((*up)->execute("SELECT 1"));
  EXPECT_EQ(pool.stats().replaced, 1u);
}

TEST_F(Server, CallersOfADeadServerDoNotEachWaitForIt) {
  PoolOptions options;
  options.reconnect_pause = std::chrono::hours(1);
  Pool pool({Dialect::postgresql, "host=/tmp/weir-no-such-folder"}, options);
  const auto first = pool.lease();
  const auto second = pool.lease();
  ASSERT_FALSE(first || second);
  EXPECT_EQ(first.error().detail(), second.error().detail());
  EXPECT_EQ(pool.stats().leased, 0u);
}

TEST_F(Server, TextReachesTypesThatSqliteDoesNotHave) {
  const auto connection = connect(target());
  ASSERT_TRUE(connection);
  const auto rows =
      (*connection)
          ->execute("SELECT (?::jsonb)->>'a', ?::uuid, true, 1.50::numeric, ?::int[]",
                    {R"({"a": "b"})", "00000000-0000-0000-0000-000000000001", "{1,2}"});
  ASSERT_TRUE(rows) << rows.error().detail();
  EXPECT_EQ(rows->rows[0], (Row{"b", "00000000-0000-0000-0000-000000000001", 1, "1.50", "{1,2}"}));
}

TEST_F(Server, AMillionBytesGoBothWays) {
  const auto connection = connect(target());
  ASSERT_TRUE(connection);
  const std::string large(1'000'000, 'x');
  const auto rows = (*connection)->execute("SELECT ?::text, ?::bytea", {large, Blob{large}});
  ASSERT_TRUE(rows) << rows.error().detail();
  EXPECT_EQ(rows->rows[0], (Row{large, Blob{large}}));
}

}  // namespace weir::db::pg_test
