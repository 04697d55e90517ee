#include "config/secret.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/effective.hpp"
#include "config/mistake_table.hpp"

namespace weir::config {
namespace secret_test {

constexpr std::string_view kPassword = "hunter2";

std::string with_store(const std::string& value) {
  return complete("admin: { store: " + value + " }");
}

LoadResult load_store(const std::string& value, const Environment* environment = nullptr,
                      const std::string& folder = {}) {
  return load_text(with_store(value), "weir.yaml", folder, environment);
}

TEST(Secret, TheStoreIsReadInEveryForm) {
  for (const char* text :
       {"sqlite:weir.db", "sqlite:///var/lib/weir.db", "postgres://", "postgresql://db/weir",
        "postgres://me:hunter2@db:5432/weir?sslmode=require", "postgres://me@[::1]:5432/weir",
        "postgres://me:%40%2f@%2Frun%2Fpg/weir", "postgres://a:1,b:2/weir"}) {
    const LoadResult result = load_store("\"" + std::string(text) + "\"");
    ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
    EXPECT_EQ(result.settings->admin.store, text);
    EXPECT_EQ(result.settings->admin.store_from, SecretPlace{});
  }
}

TEST(Secret, MistakesNeverRepeatWhatStandsThere) {
  const std::pair<const char*, const char*> rows[] = {
      {"\"\"", "expected sqlite:PATH or postgres://user@host:port/database"},
      {"weir.db", "(did you mean sqlite:weir.db?)"},
      {"\"mysql://me:hunter2@db/weir\"", "expected sqlite:PATH or postgres://"},
      {"\"host=db password=hunter2\"", "expected sqlite:PATH or postgres://"},
      {"\"sqlite:\"", "sqlite: needs a path (did you mean sqlite:weir.db?)"},
      {"\"sqlite::memory:\"", "records in memory would be lost"},
      {"\"sqlite:a?mode=ro\"", "takes no options"},
      {"\"postgres://me:hunter2/x@db/weir\"", "this URL cannot be read (it is not shown)"},
      {"\"postgres://me:h@hunter2@db/weir\"", "this URL cannot be read (it is not shown)"},
      {"\"postgres://db:hunter2/weir\"", "this URL cannot be read (it is not shown)"},
      {"\"postgres://me:hunter2%@db/weir\"", "write @ : / ? % as %40 %3A %2F %3F %25"},
      {"\"postgres://me:hunter2 @db/weir\"", "percent-encode spaces"},
      {"\"postgres://me:hunter2\\n@db/weir\"", "control bytes are not allowed"},
      {"5", "store: expected sqlite:PATH or postgres://user@host:port/database, { env: NAME }"},
      {"[\"postgres://me:hunter2@db/\"]", "{ env: NAME } or { file: PATH }"},
      {"{}", "{ env: NAME } or { file: PATH }"},
      {"{ env: A, file: b }", "{ env: NAME } or { file: PATH }"},
      {"{ url: \"postgres://me:hunter2@db/\" }", "store: expected env or file"},
      {"{ envi: A }", "(did you mean env?)"},
      {"{ env: \"postgres://me:hunter2@db/\" }", "env: expected the name of a variable, such as"},
      {"{ env: 5 }", "env: expected the name of a variable"},
      {"{ file: \"\" }", "file: expected the name of a file that holds it"},
      {"{ file: [hunter2] }", "file: expected the name of a file that holds it"},
      {"{ file: a }", "only a configuration that is a file itself can name one"},
      {"postgres://me:hunter2@db/weir, hosts: [a b]", "'a b' is not a host name"},
  };
  for (const auto& [value, needle] : rows) {
    const LoadResult result = load_store(value);
    ASSERT_EQ(result.problems.size(), 1u) << value << "\n" << to_text(result.problems);
    EXPECT_NE(result.problems[0].message.find(needle), std::string::npos)
        << to_text(result.problems);
    EXPECT_EQ(to_text(result.problems).find(kPassword), std::string::npos);
    EXPECT_EQ(result.problems[0].line, 1);
  }
}

TEST(Secret, AForgottenColonDoesNotTellThePasswordEither) {
  for (const char* text :
       {"admin: { store postgres://me:hunter2@db/weir }", "admin: postgres://me:hunter2@db/weir",
        "admin:\n  store postgres://me:hunter2@db/weir", "postgres://me:hunter2@db/weir: {}",
        "log: { level: \"postgres://a-rather-long-name:hunter2@db/weir\" }"}) {
    const LoadResult result = load_text(complete(text), "weir.yaml");
    EXPECT_FALSE(result.problems.empty());
    EXPECT_EQ(to_text(result.problems).find("hunter"), std::string::npos)
        << to_text(result.problems);
  }
}

TEST(Secret, OfAVariableIsFetchedButNotPrinted) {
  const Environment environment = {
      {"DB_URL", "postgres://me:hunter2@db/weir"}, {"EMPTY", ""}, {"BAD", "hunter2"}};
  const LoadResult result = load_store("{ env: DB_URL }", &environment);
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  EXPECT_EQ(result.settings->admin.store, "postgres://me:hunter2@db/weir");
  EXPECT_NE(to_yaml(*result.settings).find("store: { env: DB_URL }\n"), std::string::npos)
      << to_yaml(*result.settings);
  const std::pair<const char*, const char*> rows[] = {
      {"{ env: DB_URI }",
       "1:24: store: the environment variable DB_URI is not set (did you mean DB_URL?)"},
      {"{ env: EMPTY }", "1:24: store: the environment variable EMPTY is empty"},
      {"{ env: BAD }", "1:24: store: what is in BAD: expected sqlite:PATH or postgres://"},
  };
  for (const auto& [value, needle] : rows) {
    const LoadResult refused = load_store(value, &environment);
    const std::string text = to_text(refused.problems);
    EXPECT_TRUE(text.starts_with(std::string("weir.yaml:") + needle)) << text;
    EXPECT_EQ(text.find(kPassword), std::string::npos);
  }
}

TEST(Secret, OfAVariableStaysEmptyWhereNobodyKnowsTheEnvironment) {
  const LoadResult result = load_store("{ env: DB_URL }");
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  EXPECT_EQ(result.settings->admin.store, "");
  EXPECT_EQ(result.settings->admin.store_from,
            (SecretPlace{SecretPlace::Kind::variable, "DB_URL"}));
}

TEST(Secret, OfAFileIsReadBesideTheConfiguration) {
  const auto folder =
      std::filesystem::temp_directory_path() / ("weir-secret-test-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "good") << "postgres://me:hunter2@db/weir\r\n";
  std::ofstream(folder / "bad") << "hunter2";
  std::ofstream(folder / "empty") << "\n";
  std::ofstream(folder / "large") << std::string(kSecretFileMax + 1, 'x');
  const LoadResult result = load_store("{ file: good }", nullptr, folder.string());
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  EXPECT_EQ(result.settings->admin.store, "postgres://me:hunter2@db/weir");
  EXPECT_NE(to_yaml(*result.settings).find("store: { file: good }\n"), std::string::npos);
  const std::pair<const char*, const char*> rows[] = {
      {"{ file: goood }", "No such file or directory (did you mean"},
      {"{ file: . }", "is not a file"},
      {"{ file: empty }", "is empty"},
      {"{ file: large }", "is larger than 64 KiB"},
      {"{ file: bad }", "store: what is in bad: expected sqlite:PATH"},
  };
  for (const auto& [value, needle] : rows) {
    const std::string text = to_text(load_store(value, nullptr, folder.string()).problems);
    EXPECT_NE(text.find(needle), std::string::npos) << text;
    EXPECT_EQ(text.find(kPassword), std::string::npos);
  }
  std::filesystem::remove_all(folder);
}

TEST(Secret, TheEffectiveFileHasNoPasswordAndSaysSoWhenItIsUsed) {
  const LoadResult result = load_store("\"postgres://me:hunter2@db/weir\"");
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  const std::string printed = to_yaml(*result.settings);
  EXPECT_NE(printed.find("store: \"postgres://me:***@db/weir\"\n"), std::string::npos) << printed;
  const LoadResult again = load_text(printed, "printed.yaml");
  ASSERT_NE(again.settings, nullptr) << to_text(again.problems);
  EXPECT_NE(to_text(again.warnings).find("store: *** stands where --effective hid a password"),
            std::string::npos);
}

}  // namespace secret_test
}  // namespace weir::config
