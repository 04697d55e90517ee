#include "config/environment.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "config/address.hpp"
#include "config/effective.hpp"
#include "config/mistake_table.hpp"

namespace weir::config {
namespace environment_test {

LoadResult load_with(const std::string& text, const Environment& environment) {
  return load_text(complete(text), "weir.yaml", {}, &environment);
}

TEST(Environment, SaysNothingWhenItIsEmpty) {
  const LoadResult result = load_with("", {{"PORT", ""}, {"DATABASE_URL", ""}, {"PGUSER", "me"}});
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  EXPECT_EQ(*result.settings, *load_text(complete(""), "weir.yaml").settings);
  EXPECT_EQ(result.surroundings.total_records, 10'000u);
  EXPECT_EQ(result.surroundings.total_records_from, "default");
}

TEST(Environment, GivesTheAdminPortUnlessTheFileDoes) {
  const std::pair<const char*, const char*> rows[] = {
      {"", "127.0.0.1:9000"},
      {"admin:", "127.0.0.1:9000"},
      {"admin: { insecure: true }", "127.0.0.1:9000"},
      {"admin: { bind: \"127.0.0.1:1\" }", "127.0.0.1:1"},
  };
  for (const auto& [text, bind] : rows) {
    const LoadResult result = load_with(text, {{"PORT", "9000"}});
    ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
    EXPECT_EQ(to_text(result.settings->admin.bind), bind) << text;
  }
}

TEST(Environment, GivesTheStoreUnlessTheFileDoes) {
  struct StoreRow {
    const char* file;
    Environment environment;
    const char* store;
    const char* from;
  };
  const StoreRow rows[] = {
      {"", {{"DATABASE_URL", "sqlite:a.db"}}, "sqlite:a.db", "environment DATABASE_URL"},
      {"",
       {{"DATABASE_URL", "postgres://a/b"}, {"PGHOST", "c"}},
       "postgres://a/b",
       "environment DATABASE_URL"},
      {"admin: { store: \"sqlite:f\" }",
       {{"DATABASE_URL", "nonsense"}},
       "sqlite:f",
       "weir.yaml:1:17"},
      {"", {{"PGHOST", "db"}}, "postgres://db/", "environment PGHOST"},
      {"", {{"PGDATABASE", "weir"}}, "postgres:///weir", "environment PGDATABASE"},
      {"",
       {{"PGHOST", "db"},
        {"PGPORT", "6000"},
        {"PGUSER", "me@x"},
        {"PGPASSWORD", "a:b/c?d%"},
        {"PGDATABASE", "we ir"}},
       "postgres://me%40x:a%3Ab%2Fc%3Fd%25@db:6000/we%20ir",
       "environment PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE"},
      {"", {{"PGHOST", "/run/pg"}}, "postgres://%2Frun%2Fpg/", "environment PGHOST"},
      {"",
       {{"PGHOST", "::1"}, {"PGPORT", "1"}},
       "postgres://[::1]:1/",
       "environment PGHOST, PGPORT"},
      {"", {{"PGUSER", "me"}, {"PGPASSWORD", "x"}}, "", "default"},
  };
  for (const StoreRow& row : rows) {
    const LoadResult result = load_with(row.file, row.environment);
    ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
    EXPECT_EQ(result.settings->admin.store, row.store);
    EXPECT_EQ(result.sources->of({"admin", "store"}), row.from);
  }
}

TEST(Environment, DiscoversABackendByDocker) {
  const LoadResult plain = load_with("", {{"DOCKER_DISCOVERY", "True"}});
  ASSERT_NE(plain.settings, nullptr) << to_text(plain.problems);
  ASSERT_EQ(plain.settings->services.size(), 2u);
  const Service& backend = plain.settings->services[1];
  EXPECT_EQ(backend.name, "backend");
  EXPECT_EQ(backend.number, 2u);
  EXPECT_EQ(backend.docker, (DockerDiscovery{.label = "app=db-backend"}));
  EXPECT_EQ(to_text(plain.warnings),
            "environment DOCKER_DISCOVERY: no route leads to service 'backend'\n");
  const LoadResult full = load_with(
      "routes: [ { service: backend } ]\nservices:",
      {{"DOCKER_DISCOVERY", "true"}, {"BACKEND_LABEL", "role=db"}, {"BACKEND_NETWORK", "net"}});
  ASSERT_NE(full.settings, nullptr) << to_text(full.problems);
  EXPECT_EQ(to_text(full.warnings), "");
  EXPECT_EQ(full.settings->services.at(0).docker,
            (DockerDiscovery{.label = "role=db", .network = "net"}));
}

TEST(Environment, DiscoversNothingThatTheFileSays) {
  const Environment docker = {
      {"DOCKER_DISCOVERY", "true"}, {"BACKEND_LABEL", "role=db"}, {"BACKEND_NETWORK", "net"}};
  const LoadResult other = load_with("services: { app: { discovery: [ docker: {} ] } }", docker);
  ASSERT_NE(other.settings, nullptr) << to_text(other.problems);
  EXPECT_EQ(other.settings->services.size(), 1u);
  EXPECT_EQ(other.settings->services[0].docker->label, "weir.service=app");
  // Where the file names the backend, the variables fill in what it leaves open.
  const LoadResult half = load_with(
      "services: { backend: { discovery: [ docker: { label: a } ] } }\n"
      "routes: [ { service: backend } ]",
      docker);
  ASSERT_NE(half.settings, nullptr) << to_text(half.problems);
  EXPECT_EQ(half.settings->services.at(0).docker,
            (DockerDiscovery{.label = "a", .network = "net"}));
  const LoadResult fixed = load_with(
      "services: { backend: { discovery: [ static: [\"a:80\"] ] } }\n"
      "routes: [ { service: backend } ]",
      docker);
  ASSERT_NE(fixed.settings, nullptr) << to_text(fixed.problems);
  EXPECT_EQ(fixed.settings->services.at(0).docker, std::nullopt);
  EXPECT_EQ(to_text(fixed.warnings),
            "environment DOCKER_DISCOVERY: no effect: the file has a service 'backend', and that "
            "has no docker source\n");
  for (const char* text : {"false", "False", ""}) {
    EXPECT_EQ(load_with("", {{"DOCKER_DISCOVERY", text}}).settings->services.size(), 1u);
  }
}

TEST(Environment, HasANumberOfRecords) {
  const LoadResult result = load_with("", {{"TOTAL_RECORDS", "500"}});
  EXPECT_EQ(result.surroundings.total_records, 500u);
  EXPECT_EQ(result.surroundings.total_records_from, "environment TOTAL_RECORDS");
}

TEST(Environment, MistakesNameTheirVariable) {
  struct BadRow {
    Environment environment;
    const char* problem;
  };
  const BadRow rows[] = {
      {{{"PORT", "abc"}}, "environment PORT: 'abc' is not a port from 1 to 65535\n"},
      {{{"PORT", "0"}}, "environment PORT: '0' is not a port from 1 to 65535\n"},
      {{{"PORT", "65536"}}, "environment PORT: '65536' is not a port from 1 to 65535\n"},
      {{{"PORT", "\"80\""}}, "environment PORT: '\"80\"' is not a port from 1 to 65535\n"},
      {{{"PORT", "8080"}},
       "environment PORT: 127.0.0.1:8080 is used twice: listener 'web' has it, on line 1\n"},
      {{{"DATABASE_URL", "mysql://me:hunter2@db/weir"}},
       "environment DATABASE_URL: store: expected sqlite:PATH or "
       "postgres://user@host:port/database\n"},
      {{{"DATABASE_URL", "postgres://me:hunter2/@db/weir"}},
       "environment DATABASE_URL: store: this URL cannot be read (it is not shown); in a password "
       "write @ : / ? % as %40 %3A %2F %3F %25\n"},
      {{{"PGHOST", "db"}, {"PGPORT", "x"}},
       "environment PGPORT: 'x' is not a port from 1 to 65535\n"},
      {{{"DOCKER_DISCOVERY", "yes"}},
       "environment DOCKER_DISCOVERY: expected true or false, found 'yes' (did you mean true?)\n"},
      {{{"DOCKER_DISCOVERY", "maybe"}},
       "environment DOCKER_DISCOVERY: expected true or false, found 'maybe'\n"},
      {{{"DOCKER_DISCOVERY", "true"}, {"BACKEND_LABEL", "app: db"}},
       "environment BACKEND_LABEL: label: 'app: db' is not a label: letters, digits, '.', '-', '_' "
       "and '/', then =value or nothing (did you mean app=db?)\n"},
      {{{"DOCKER_DISCOVERY", "true"}, {"BACKEND_NETWORK", "a b"}},
       "environment BACKEND_NETWORK: network: 'a b' is not a network's name: letters, digits, '_', "
       "'.' and '-'\n"},
      {{{"TOTAL_RECORDS", "many"}},
       "environment TOTAL_RECORDS: 'many' is not a number from 1 to 100000000\n"},
      {{{"TOTAL_RECORDS", "0"}},
       "environment TOTAL_RECORDS: '0' is not a number from 1 to 100000000\n"},
  };
  for (const BadRow& row : rows) {
    const LoadResult result =
        load_with("listeners: { web: { bind: \"127.0.0.1:8080\" } }", row.environment);
    EXPECT_EQ(to_text(result.problems), row.problem);
    EXPECT_EQ(result.settings, nullptr);
  }
}

TEST(Environment, DoesNotHideTheMistakesOfTheFile) {
  const Environment all = {
      {"PORT", "1"}, {"DATABASE_URL", "sqlite:a"}, {"DOCKER_DISCOVERY", "true"}};
  for (const char* text : {"admin: 5", "admin: [a]", "services: 5", "services: [a]", "5", "- a",
                           "services: { backend: 5 }"}) {
    const LoadResult result = load_text(text, "weir.yaml", {}, &all);
    EXPECT_EQ(result.settings, nullptr) << text;
    ASSERT_FALSE(result.problems.empty()) << text;
    EXPECT_TRUE(std::ranges::any_of(result.problems, [](const Problem& p) { return p.line > 0; }));
  }
}

}  // namespace environment_test
}  // namespace weir::config
