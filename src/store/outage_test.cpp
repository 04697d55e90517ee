// A PostgreSQL server that stops, dies and comes back under a store; and a commit whose answer
// never arrives.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <atomic>

#include "store/metrics.hpp"
#include "store/scratch_store.hpp"

namespace weir::store::outage_test {

class ServerOutage : public StoreTest<db::ScratchSchema> {
 protected:
  StoreOptions small_queue() {
    auto options = quick_options();
    options.writer.backlog.rows_max = 50;
    return options;
  }
  std::int64_t rows_of(std::string_view table) {
    const auto connection = db::connect(target());
    if (!connection) return -1;
    const auto rows = (*connection)->execute("SELECT count(*) FROM " + std::string(table));
    return rows ? rows->scalar().integer() : -2;
  }
};

Write numbered_log(int number) {
  return insert(LogRow{.at_ms = 1, .message = std::to_string(number)});
}

TEST_F(ServerOutage, WritesQueueWhileTheServerIsDownAndArriveAfterwards) {
  auto* server = db::ScratchPostgres::shared();
  const auto store = open(small_queue());
  ASSERT_TRUE(store->write_now(numbered_log(0), soon()));
  for (const bool in_order : {true, false}) {
    const std::int64_t before = rows_of("logs");
    const std::int64_t samples_before = rows_of("metrics");
    const std::uint64_t dropped_before = store->health().dropped_samples;
    in_order ? server->stop() : server->kill();
    std::atomic<int> acknowledged{0};
    for (int i = 1; i <= 20; ++i) {
      ASSERT_TRUE(store->write(numbered_log(i),
                               [&](base::Result<void> done) { acknowledged += done ? 1 : 0; }));
    }
    ASSERT_TRUE(eventually([&] { return !store->health().ok; }));
    for (int i = 0; i < 200; ++i) {
      ASSERT_TRUE(store->write(*insert(MetricSample{i, "weir", "rate", 1})));
      ASSERT_LE(store->health().queued_rows, 50u);
    }
    Health health = store->health();
    EXPECT_FALSE(health.ok);
    EXPECT_FALSE(health.reason.empty());
    EXPECT_EQ(health.dropped_samples - dropped_before, 170u);
    EXPECT_EQ(acknowledged, 0);
    EXPECT_FALSE(store->logs({})) << "reading fails, and does not hang";
    ASSERT_TRUE(server->start());
    ASSERT_TRUE(store->flush(soon()));
    health = store->health();
    EXPECT_TRUE(health.ok) << health.reason;
    EXPECT_EQ(acknowledged, 20);
    EXPECT_EQ(rows_of("logs") - before, 20);
    EXPECT_EQ(rows_of("metrics") - samples_before, 30);
    EXPECT_TRUE(store->logs({})) << "readers connect again";
  }
}

TEST_F(ServerOutage, AServerThatIsDownAtTheStartIsWaitedFor) {
  auto* server = db::ScratchPostgres::shared();
  server->stop();
  auto options = quick_options();
  EXPECT_FALSE(Store::open(text_of(target()), options, log_));
  options.may_start_degraded = true;
  const auto store = open(options);
  ASSERT_TRUE(store);
  EXPECT_FALSE(store->health().ok);
  ASSERT_TRUE(store->write(numbered_log(1)));
  ASSERT_TRUE(server->start());
  ASSERT_TRUE(store->flush(soon()));
  EXPECT_TRUE(store->health().ok);
  EXPECT_EQ(rows_of("logs"), 1);
}

/// Stands between the store and the server, and cuts the connection at the first commit it is armed
/// for: before the server hears of it, or after the server has answered.
class CuttingProxy {
 public:
  enum class Cut : std::uint8_t { never, before_commit, after_commit };

  explicit CuttingProxy(std::string server_folder) : server_(std::move(server_folder)) {
    char name[] = "/tmp/weir-px-XXXXXX";
    if (::mkdtemp(name) == nullptr) return;
    folder_ = name;
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_in(folder_);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return;
    ::listen(listener_, 8);
    thread_ = std::thread([this] { serve(); });
  }
  ~CuttingProxy() {
    ending_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
    std::filesystem::remove_all(folder_);
  }
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  const std::string& folder() const { return folder_; }
  void arm(Cut cut) { cut_ = cut; }
  int cuts() const { return cuts_; }

 private:
  static sockaddr_un address_in(const std::string& folder) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder + "/.s.PGSQL.5432").copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }

  // One connection at a time is enough: only the writer connects through here.
  void serve() {
    while (!ending_) {
      const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client < 0) return;
      const int server = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_un address = address_in(server_);
      if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
        carry(client, server);
      }
      ::close(client);
      ::close(server);
    }
  }

  void carry(int client, int server) {
    std::array<char, 65536> piece;
    bool commit_is_next = false;
    for (;;) {
      pollfd waited[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (::poll(waited, 2, 20'000) <= 0) return;
      const bool from_client = waited[0].revents != 0;
      const int from = from_client ? client : server;
      const auto got = ::read(from, piece.data(), piece.size());
      if (got <= 0) return;
      const std::string_view bytes(piece.data(), static_cast<std::size_t>(got));
      if (from_client && commit_is_next) {
        const bool late = cut_.exchange(Cut::never) == Cut::after_commit;
        ++cuts_;
        if (late && ::write(server, bytes.data(), bytes.size()) == got) {
          static_cast<void>(::read(server, piece.data(), piece.size()));
        }
        return;
      }
      // The statement is prepared first, by its text; the next message runs it.
      if (from_client) {
        commit_is_next =
            cut_ != Cut::never && bytes.find(std::string_view("COMMIT\0", 7)) != bytes.npos;
      }
      if (::write(from_client ? server : client, bytes.data(), bytes.size()) != got) return;
    }
  }

  const std::string server_;
  std::string folder_;
  int listener_ = -1;
  std::atomic<bool> ending_{false};
  std::atomic<Cut> cut_{Cut::never};
  std::atomic<int> cuts_{0};
  std::thread thread_;
};

TEST_F(ServerOutage, ABatchWhoseCommitWasNotAnsweredIsWrittenOnce) {
  using Cut = CuttingProxy::Cut;
  for (const Cut cut : {Cut::before_commit, Cut::after_commit}) {
    const std::int64_t before = std::max<std::int64_t>(rows_of("logs"), 0);
    const std::string where = target().where;
    const std::string folder = where.substr(5, where.find(' ') - 5);  // "host=FOLDER …"
    CuttingProxy proxy(folder);
    ASSERT_TRUE(migrate_target(text_of(target()), 1));
    const db::Target through{db::Dialect::postgresql,
                             "host=" + proxy.folder() + where.substr(where.find(' '))};
    proxy.arm(cut);
    {
      auto options = quick_options().writer;
      Writer writer(through, options, log_, nullptr, "not yet");
      std::atomic<int> acknowledged{0};
      for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(writer.submit(numbered_log(i),
                                  [&](base::Result<void> done) { acknowledged += done ? 1 : 0; }));
      }
      ASSERT_TRUE(eventually([&] { return acknowledged == 10; })) << writer.health().reason;
    }
    EXPECT_EQ(proxy.cuts(), 1);
    EXPECT_EQ(rows_of("logs") - before, 10);
  }
}

}  // namespace weir::store::outage_test
