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
      "weir.yaml:8:27: algorithm: 'roundrobin' is unknown; available: round_robin "
      "(did you mean round_robin?)\n"
      "weir.yaml:10:14: there is no service 'ap' (did you mean app?)\n"
      "weir.yaml:11:25: timeout: connect (20s) is longer than attempt (10s, the default), of which "
      "it is a part\n");
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
