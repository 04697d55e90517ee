// kill -9 at a random point: what was acknowledged is there. The writing process is this program
// again (see main below), so that the kill is real.

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <condition_variable>
#include <mutex>
#include <random>
#include <set>
#include <string>

#include "base/rng.hpp"
#include "base/text.hpp"
#include "store/scratch_store.hpp"

namespace weir::store::kill_test {

constexpr const char* kFlag = "--write-until-killed";
constexpr int kInFlight = 64;
// More than any round acknowledges before its kill.
constexpr int kWritesMax = 100'000;

/// The child: writes rows "ROUND-NUMBER" and tells each acknowledged number on standard output.
int write_until_killed(const char* target, const std::string& round) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  telemetry::NullLog log;
  auto store = Store::open(target, {}, log);
  if (!store) return 3;
  std::mutex mutex;
  std::condition_variable less;
  int in_flight = 0;
  for (int i = 1; i <= kWritesMax; ++i) {
    {
      std::unique_lock lock(mutex);
      less.wait(lock, [&] { return in_flight < kInFlight; });
      ++in_flight;
    }
    const std::string number = std::to_string(i);
    auto told = [&, line = number + "\n"](base::Result<void> done) {
      if (!done || ::write(1, line.data(), line.size()) < 0) ::_exit(4);
      const std::lock_guard lock(mutex);
      --in_flight;
      less.notify_one();
    };
    LogRow row{.at_ms = base::wall_ms(), .message = round};
    row.message += '-' + number;
    if (!(*store)->write(insert(row), std::move(told))) return 5;
  }
  return 6;
}

struct Child {
  pid_t pid = -1;
  int acknowledged = -1;
};

Child start_child(const std::string& target, const std::string& round) {
  int out[2];
  if (::pipe2(out, O_CLOEXEC) != 0) return {};
  std::string self(4096, '\0');
  const auto length = ::readlink("/proc/self/exe", self.data(), self.size());
  self.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  const char* arguments[] = {self.c_str(), kFlag, target.c_str(), round.c_str(), nullptr};
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(out[1], 1);
    ::execv(arguments[0], const_cast<char**>(arguments));
    ::_exit(127);
  }
  ::close(out[1]);
  return {pid, out[0]};
}

// Kills after `kill_after` lines; returns every number that was acknowledged, also while dying.
std::set<std::string> acknowledged_until_killed(const Child& child, std::size_t kill_after) {
  std::set<std::string> numbers;
  std::string line;
  char piece[4096];
  bool killed = false;
  for (;;) {
    const auto got = ::read(child.acknowledged, piece, sizeof piece);
    if (got <= 0) break;
    for (const char c : std::string_view(piece, static_cast<std::size_t>(got))) {
      if (c != '\n') {
        line += c;
        continue;
      }
      numbers.insert(std::exchange(line, {}));
      if (!killed && numbers.size() >= kill_after) {
        ::kill(child.pid, SIGKILL);
        killed = true;
      }
    }
  }
  ::close(child.acknowledged);
  int status = 0;
  ::waitpid(child.pid, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself, status " << status;
  return numbers;
}

template <class Place>
class Kill : public StoreTest<Place> {};
TYPED_TEST_SUITE(Kill, Places, PlaceNames);

std::uint64_t from_environment(const char* name, std::uint64_t fallback) {
  const char* text = ::getenv(name);
  return text == nullptr ? fallback : base::parse_uint(text).value_or(fallback);
}

TYPED_TEST(Kill, EveryAcknowledgedRowIsThere) {
  const std::uint64_t rounds = from_environment("WEIR_KILL_ROUNDS", 20);
  const std::uint64_t seed = from_environment("WEIR_KILL_SEED", std::random_device()());
  SCOPED_TRACE(testing::Message() << "replay: WEIR_KILL_SEED=" << seed
                                  << " WEIR_KILL_ROUNDS=" << rounds);
  this->RecordProperty("seed", std::to_string(seed));
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  base::Rng rng(seed);
  std::size_t total = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    const std::string name = "r" + std::to_string(round);
    const Child child = start_child(text_of(this->target()), name);
    ASSERT_GT(child.pid, 0);
    const auto acknowledged = acknowledged_until_killed(child, 1 + rng.below(400));
    total += acknowledged.size();
    auto connection = db::connect(this->target());
    ASSERT_TRUE(connection) << connection.error().detail();
    const auto rows =
        (*connection)->execute("SELECT message FROM logs WHERE message LIKE ?", {name + "-%"});
    ASSERT_TRUE(rows) << rows.error().detail();
    std::multiset<std::string> there;
    for (const auto& row : rows->rows) {
      there.insert(std::string(row[0].text().substr(name.size() + 1)));
    }
    for (const auto& number : acknowledged) {
      ASSERT_EQ(there.count(number), 1u) << "row " << number << " of round " << round;
    }
    EXPECT_LE(there.size(), acknowledged.size() + kInFlight) << "round " << round;
    if (this->target().dialect == db::Dialect::sqlite) {
      EXPECT_EQ((*connection)->execute("PRAGMA quick_check")->scalar(), db::Value("ok"));
    }
  }
  std::printf("%zu acknowledged rows in %llu rounds, all there\n", total,
              static_cast<unsigned long long>(rounds));
}

}  // namespace weir::store::kill_test

int main(int count, char** words) {
  namespace own = weir::store::kill_test;
  if (count == 4 && std::string_view(words[1]) == own::kFlag) {
    return own::write_until_killed(words[2], words[3]);
  }
  testing::InitGoogleTest(&count, words);
  return RUN_ALL_TESTS();
}
