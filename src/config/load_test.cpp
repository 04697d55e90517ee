#include "config/load.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/source.hpp"

namespace weir::config {
namespace {

class LoadFile : public testing::Test {
 protected:
  LoadFile() {
    std::string name = (std::filesystem::temp_directory_path() / "weir-load-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~LoadFile() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }

  std::string folder_;
};

TEST_F(LoadFile, ReadsAFile) {
  const std::string path = write("weir.yaml", "listeners: { web: { bind: \"127.0.0.1:0\" } }\n");
  const LoadResult result = load_file(path);
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  EXPECT_EQ(result.settings->listeners.at(0).name, "web");
  EXPECT_EQ(to_text(result.warnings), path + ":1:1: no route: every request is answered 404\n");
}

TEST_F(LoadFile, SaysWhichFileCannotBeReadAndWhichWasMeant) {
  const std::string good = write("weir.yaml", "");
  EXPECT_EQ(to_text(load_file(folder_ + "/wier.yaml").problems),
            folder_ + "/wier.yaml:1:1: cannot read: No such file or directory (did you mean " +
                good + "?)\n");
  EXPECT_EQ(to_text(load_file(folder_ + "/other.yaml").problems),
            folder_ + "/other.yaml:1:1: cannot read: No such file or directory\n");
  EXPECT_EQ(to_text(load_file("no-such-file-of-weir").problems),
            "no-such-file-of-weir:1:1: cannot read: No such file or directory\n");
  EXPECT_EQ(to_text(load_file(folder_).problems), folder_ + ":1:1: cannot read: Is a directory\n");
  EXPECT_EQ(to_text(load_file(good + "/x").problems),
            good + "/x:1:1: cannot read: Not a directory\n");
}

TEST_F(LoadFile, SaysThatAFileIsNotReadable) {
  const std::string path = write("weir.yaml", "");
  chmod(path.c_str(), 0);
  if (access(path.c_str(), R_OK) == 0) GTEST_SKIP() << "this user may read every file";
  EXPECT_EQ(to_text(load_file(path).problems), path + ":1:1: cannot read: Permission denied\n");
}

TEST_F(LoadFile, StopsReadingWhatIsTooLarge) {
  const std::string path = write("weir.yaml", std::string(kSourceMax + 1, '#'));
  EXPECT_EQ(to_text(load_file(path).problems), path + ":1:1: the file is larger than 4 MiB\n");
  EXPECT_EQ(load_file("/dev/zero").problems.size(), 1u);
}

TEST(LoadText, ReportsEveryMistakeOfAFileAtOnce) {
  const LoadResult result = load_text(
      "listeners:\n"
      "  web:\n"
      "    bind: \"127.0.0.1:808o\"\n"
      "    limits: { head: 64, idel: 10s }\n"
      "services:\n"
      "  app:\n"
      "    discovery: [ static: [\"10.0.0.1:80\"] ]\n"
      "    balance: { algorithm: roundrobin }\n"
      "routes:\n"
      "  - service: ap\n"
      "    timeout: { connect: 20s }\n",
      "weir.yaml");
  EXPECT_EQ(result.settings, nullptr);
  EXPECT_EQ(
      to_text(result.problems),
      "weir.yaml:3:11: bind: port '808o' is not a number\n"
      "weir.yaml:4:21: head: '64' has no unit; expected a size such as 512B, 64KiB or 10MiB "
      "(did you mean 64KiB?)\n"
      "weir.yaml:4:25: unknown key 'idel' (did you mean idle?)\n"
      "weir.yaml:8:27: algorithm: 'roundrobin' is unknown; available: round_robin, weighted, "
      "least_connections, least_response_time, ip_hash, consistent_hash, random_two, "
      "response_time, "
      "adaptive (did you mean round_robin?)\n"
      "weir.yaml:10:14: there is no service 'ap' (did you mean app?)\n"
      "weir.yaml:11:25: timeout: connect (20s) is longer than attempt (10s, the default), of which "
      "it is a part\n");
}

// The parts of this version, as balancing.md, section 15, writes them.
constexpr const char* kOfTheDesign = R"(
listeners: { web: { bind: "127.0.0.1:8080" } }
services:
  web-server:
    discovery:
      - process: {}
      - static: [ "10.0.0.1:80", { address: "10.0.0.2:80", weight: 2 } ]
    balance: { algorithm: adaptive, arms: [random_two, least_response_time, round_robin],
               hash_key: "header:x-user", slow_start: 20s, panic_below: 50% }
    health:
      check: { kind: http, path: /health, every: 5s, timeout: 1s, rise: 2, fall: 3, initial: wait }
      outlier: { interval: 10s, base: 30s, longest: 300s, max_ejected: 50%, latency_factor: 3 }
    breaker: { failures: 5, open: 30s, probes: 3, causes: [connect, reset, timeout, 502, 503, 504] }
    concurrency: { mode: gradient2, min: 20, max: 1000, per_endpoint: 256,
                   queue: 128, queue_timeout: 200ms }
    rate_limit: { rate: 500/s, burst: 100, key: client_ip, keys: 100000 }
    process: { command: [weir, lab, web, --port, "0"], ready: /health }
  sorry: { discovery: [ { static: [ "10.0.0.9:80" ] } ] }
routes:
  - match: { listener: web, host: "*", path: /app/, methods: [GET, POST] }
    service: web-server
    timeout: { connect: 500ms, attempt: 2s, total: 10s, idle: 60s, stream: 1h }
    retry: { attempts: 3, causes: [connect, reset, timeout, 502, 503, 504],
             backoff: { base: 25ms, cap: 250ms },
             budget: { share: 20%, min: 3/s }, buffer: 64KiB, idempotency_key: false }
    fallback: { static: { status: 503, file: sorry.html, headers: { retry-after: auto } } }
  - { match: { path: /b }, service: web-server, fallback: { service: sorry } }
  - { match: { path: /c }, service: web-server, fallback: { last_good: { max_age: 5m } } }
)";

TEST_F(LoadFile, TakesWhatTheDesignSays) {
  write("sorry.html", "<p>Sorry.");
  const LoadResult result = load_file(write("weir.yaml", kOfTheDesign));
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  EXPECT_EQ(result.warnings.size(), 0u) << to_text(result.warnings);
  const Settings& settings = *result.settings;
  const Service& web = settings.services.at(0);
  EXPECT_EQ(web.balance.arms.size(), 3u);
  EXPECT_EQ(web.balance.hash_key, (HashKey{HashKey::Source::header, "x-user"}));
  // All else there is the default.
  EXPECT_EQ(web.health, (Health{.check = Check{}}));
  EXPECT_EQ(web.concurrency, (Concurrency{.per_endpoint = 256}));
  EXPECT_EQ(web.rate_limit, (RateLimit{.rate = 500, .burst = 100}));
  EXPECT_EQ(settings.routes.at(0).retry, Retry{});
  EXPECT_EQ(settings.routes[2].fallback, (Fallback{.last_good = LastGood{}}));
  const StaticAnswer& answer = settings.routes[0].fallback->answer.value();
  EXPECT_EQ(answer.body, "<p>Sorry.");
  EXPECT_EQ(answer.file, "sorry.html");
  EXPECT_TRUE(answer.retry_after_auto);
}

// A file whose route answers with the file of this name; it stands at 3:57.
std::string answering(const std::string& file) {
  return "listeners: { web: { bind: \"127.0.0.1:0\" } }\n"
         "services: { app: { discovery: [ static: [\"a:80\"] ] } }\n"
         "routes: [ { service: app, fallback: { static: { file: \"" +
         file + "\" } } } ]\n";
}

TEST_F(LoadFile, SaysWhichAnswerCannotBeRead) {
  const auto problem = [&](const std::string& file) {
    return to_text(load_file(write("weir.yaml", answering(file))).problems);
  };
  write("sorry.html", "");
  write("large", std::string(1024 * 1024 + 1, 'x'));
  mkfifo((folder_ + "/pipe").c_str(), 0600);
  const std::string place = folder_ + "/weir.yaml:3:55: file: ";
  EXPECT_EQ(problem("sory.html"), place + "cannot read " + folder_ +
                                      "/sory.html: No such file or directory (did you mean "
                                      "sorry.html?)\n");
  EXPECT_EQ(problem("large"), place + folder_ + "/large is larger than 1 MiB\n");
  EXPECT_EQ(problem("pipe"), place + folder_ + "/pipe is not a file\n");
  EXPECT_EQ(problem("."), place + folder_ + "/. is not a file\n");
  EXPECT_EQ(problem("/dev/zero"), place + "/dev/zero is not a file\n");
  EXPECT_EQ(problem(folder_ + "/sorry.html"), "");
}

TEST_F(LoadFile, ReadsAnAnswerBesideTheTextWhenTheFolderIsKnown) {
  write("sorry.html", std::string(1024 * 1024, 'x'));
  const LoadResult result = load_text(answering("sorry.html"), "weir.yaml", folder_);
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  EXPECT_EQ(result.settings->routes.at(0).fallback->answer->body.size(), 1024u * 1024u);
  EXPECT_EQ(to_text(load_text(answering("sorry.html"), "weir.yaml").problems),
            "weir.yaml:3:55: file: only a configuration that is a file itself can name one\n");
}

TEST(LoadText, AdaptiveHasArmsOfItsOwn) {
  const LoadResult result = load_text(
      "listeners: { web: { bind: \"127.0.0.1:0\" } }\n"
      "services: { app: { discovery: [ static: [\"a:80\"] ], balance: { algorithm: adaptive } } }",
      "weir.yaml");
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  EXPECT_EQ(result.settings->services.at(0).balance.arms,
            (std::vector<balance::Algorithm>{balance::Algorithm::random_two,
                                             balance::Algorithm::least_response_time,
                                             balance::Algorithm::least_connections}));
}

TEST(LoadText, ProblemsAreBoundedAndTheFileIsNot) {
  std::string text = "services:\n";
  for (int i = 0; i < 900; ++i) text += "  s" + std::to_string(i) + ": { discovery: no }\n";
  text += "routes:\n";
  for (int i = 0; i < 9000; ++i) text += "  - { service: s" + std::to_string(i) + "x }\n";
  const LoadResult result = load_text(text, "weir.yaml");
  ASSERT_EQ(result.problems.size(), kProblemsMax);
  EXPECT_EQ(result.problems.front().line, 2);
  EXPECT_EQ(result.problems.back().line, 51);
  EXPECT_LE(result.warnings.size(), kProblemsMax);
}

TEST(LoadText, ListsAndNamesAreBounded) {
  std::string names = "services:\n", routes = "routes:\n";
  for (int i = 0; i < 1001; ++i) names += "  s" + std::to_string(i) + ": {}\n";
  for (int i = 0; i < 10'001; ++i) routes += "  - {}\n";
  EXPECT_EQ(to_text(load_text(names, "f").problems), "f:2:3: services: more than 1000 names\n");
  EXPECT_EQ(to_text(load_text(routes, "f").problems), "f:2:3: routes: more than 10000 entries\n");
}

TEST(LoadText, AThousandServicesAndTenThousandRoutesLoad) {
  std::string text = "listeners: { web: { bind: \"127.0.0.1:0\" } }\nservices:\n";
  for (int i = 0; i < 1000; ++i) {
    text += "  s" + std::to_string(i) + ": { discovery: [ static: [\"10.0.0.1:80\"] ] }\n";
  }
  text += "routes:\n";
  for (int i = 0; i < 10'000; ++i) {
    text += "  - { match: { path: /p" + std::to_string(i) + "/ }, service: s" +
            std::to_string(i % 1000) + " }\n";
  }
  const LoadResult result = load_text(text, "weir.yaml");
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  EXPECT_EQ(result.settings->routes.size(), 10'000u);
  EXPECT_EQ(result.settings->services.back().number, 1000u);
}

}  // namespace
}  // namespace weir::config
