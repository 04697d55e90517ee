#include "config/sources.hpp"

#include <gtest/gtest.h>

#include "config/effective.hpp"
#include "config/load.hpp"

namespace weir::config {
namespace sources_test {

constexpr std::string_view kText = R"(listeners:
  web: { bind: "127.0.0.1:8080",
         limits: { head: 32KiB } }
services:
  app:
    discovery:
      - docker: { network: net }
      - dns: { name: b }
      - static: [ "a:1" ]
      - process: {}
      - static: [ { address: "a:2", weight: 2 } ]
      - dns: { name: c,
               port: 81 }
    process: { command: [a],
               instances: [ [b],
                            [] ], environment: { A: b,
               C: d } }
routes:
  - service: app
    response_headers:
      set: { X-A: "1" }
    fallback: { static: { headers: { Retry-After: auto,
                          x-b: c } } }
)";

// The line of the printed file that begins so, after its blanks and dash.
std::string line_of(const std::string& printed, std::string_view begin, int which = 1) {
  for (std::size_t at = 0; at < printed.size();) {
    const std::size_t end = printed.find('\n', at);
    const std::string_view line = std::string_view(printed).substr(at, end - at);
    const std::size_t start = std::min(line.find_first_not_of(" -"), line.size());
    const bool is_list =
        line.substr(std::min(line.find_first_not_of(' '), line.size())).starts_with(begin);
    if ((line.substr(start).starts_with(begin) || is_list) && --which == 0) {
      return std::string(line.substr(line.find_first_not_of(' ')));
    }
    at = end + 1;
  }
  return "none";
}

TEST(Sources, StandBehindEachValue) {
  const Environment environment = {{"PORT", "9000"}, {"DATABASE_URL", "postgres://me:hunter2@db/"}};
  const LoadResult result = load_text(kText, "weir.yaml", {}, &environment);
  ASSERT_NE(result.settings, nullptr) << to_text(result.problems);
  const std::string printed = to_yaml(*result.settings, result.sources.get());
  struct LineRow {
    const char* begin;
    int which;
    const char* line;
  };
  const LineRow rows[] = {
      {"version:", 1, "version: 1  # default"},
      {"bind:", 1, "bind: \"127.0.0.1:8080\"  # weir.yaml:2"},
      {"bind:", 2, "bind: \"127.0.0.1:9000\"  # environment PORT"},
      {"head:", 1, "head: 32KiB  # weir.yaml:3"},
      {"fields:", 1, "fields: 100  # default"},
      {"hosts:", 1, "hosts: [localhost, \"127.0.0.1\"]  # default"},
      {"store:", 1, "store: \"postgres://me:***@db/\"  # environment DATABASE_URL"},
      {"process:", 1, "- process: {}  # weir.yaml:10"},
      {"address:", 1, "- address: \"a:1\"  # weir.yaml:9"},
      {"weight:", 1, "weight: 1  # default"},
      {"address:", 2, "- address: \"a:2\"  # weir.yaml:11"},
      {"weight:", 2, "weight: 2  # weir.yaml:11"},
      {"name:", 1, "name: b  # weir.yaml:8"},
      {"port:", 1, "port: 80  # default"},
      {"name:", 2, "name: c  # weir.yaml:12"},
      {"port:", 2, "port: 81  # weir.yaml:13"},
      {"label:", 1, "label: \"weir.service=app\"  # default"},
      {"network:", 1, "network: net  # weir.yaml:7"},
      {"- [b]", 1, "- [b]  # weir.yaml:15"},
      {"- []", 1, "- []  # weir.yaml:16"},
      {"A:", 1, "A: b  # weir.yaml:16"},
      {"C:", 1, "C: d  # weir.yaml:17"},
      {"X-A:", 1, "X-A: \"1\"  # weir.yaml:21"},
      {"retry-after:", 1, "retry-after: auto  # weir.yaml:22"},
      {"x-b:", 1, "x-b: c  # weir.yaml:23"},
      {"level:", 1, "level: info  # default"},
  };
  for (const LineRow& row : rows) {
    EXPECT_EQ(line_of(printed, row.begin, row.which), row.line) << printed;
  }
  EXPECT_EQ(printed.find("hunter2"), std::string::npos);
}

TEST(Sources, DoNotChangeWhatIsRead) {
  const LoadResult first = load_text(kText, "a\n- b.yaml");
  ASSERT_NE(first.settings, nullptr) << to_text(first.problems);
  const LoadResult second = load_text(to_yaml(*first.settings, first.sources.get()), "printed");
  ASSERT_NE(second.settings, nullptr) << to_text(second.problems);
  EXPECT_EQ(*second.settings, *first.settings);
}

TEST(Sources, AreAskedByPath) {
  const LoadResult result = load_text(kText, "weir.yaml");
  ASSERT_NE(result.sources, nullptr);
  const Sources& sources = *result.sources;
  EXPECT_EQ(sources.of({"listeners", "web", "bind"}), "weir.yaml:2:16");
  EXPECT_EQ(sources.of({"listeners", "web", "limits", "idle"}), "default");
  EXPECT_EQ(sources.of({"routes", std::size_t{0}, "service"}), "weir.yaml:19:14");
  EXPECT_EQ(sources.of({"routes", std::size_t{1}, "service"}), "default");
  EXPECT_EQ(load_text("5", "weir.yaml").sources, nullptr);
}

}  // namespace sources_test
}  // namespace weir::config
