// Every mistake that a configuration can have: where it is reported, and in what words.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "config/load.hpp"
#include "config/mistake_table.hpp"

namespace weir::config {
namespace {

TEST(Mistakes, TheFrameOfTheTableIsRight) {
  const LoadResult result = load_text(complete(""), "weir.yaml");
  EXPECT_EQ(to_text(result.problems) + to_text(result.warnings), "");
}

TEST(Mistakes, OfANewcomer) {
  expect_all({
      // A typing error in a key, at every level.
      {"listners: { web: { bind: \"127.0.0.1:0\" } }", "1:1", "(did you mean listeners?)"},
      {"admin: { bnid: \"127.0.0.1:0\" }", "1:10", "unknown key 'bnid' (did you mean bind?)"},
      {"routes:\n  - match: { path: / }\n    servcie: app", "3:5", "(did you mean service?)"},
      {"routes: [ { service: app, timeouts: {} } ]", "1:27", "(did you mean timeout?)"},
      {"admin:\n  port: 9900", "2:3",
       "unknown key 'port'; here are known: bind, hosts, insecure, st"},
      // Indentation.
      {"listeners:\n\tweb:\n\t\tbind: \"127.0.0.1:0\"", "2:1", "a tab in the indentation"},
      {"admin:\n  bind: \"127.0.0.1:0\"\n   hosts: []", "3:4", "this line does not belong"},
      {"admin:\n  hosts: []\n bind: \"127.0.0.1:0\"", "3:2", "is the indentation right?"},
      {"admin:\n bind:\"127.0.0.1:0\"", "2:2", "(did you mean bind: "},
      // A missing or foreign unit.
      {"routes: [ { service: app, timeout: { idle: 60 } } ]", "1:44", "(did you mean 60s?)"},
      {"routes: [ { service: app, timeout: { connect: 500 } } ]", "1:47", "(did you mean 500ms?)"},
      {"listeners: { web: { bind: \"127.0.0.1:0\", limits: { head: 64 } } }", "1:58",
       "'64' has no unit; expected a size such as 512B, 64KiB or 10MiB (did you mean 64KiB?)"},
      {"listeners: { web: { bind: \"127.0.0.1:0\", limits: { head: 32k } } }", "1:58",
       "(did you mean 32KiB?)"},
      {"routes: [ { service: app, timeout: { idle: 10 seconds } } ]", "1:44",
       "(did you mean 10s?)"},
      // Names that do not exist.
      {"routes: [ { service: ap } ]", "1:22", "there is no service 'ap' (did you mean app?)"},
      {"routes: [ { service: backend } ]", "1:22", "no service 'backend'; there are: app"},
      {"routes: [ { service: app, match: { listener: wbe } } ]", "1:46", "(did you mean web?)"},
      // Addresses.
      {"listeners: { web: { bind: 8080 } }", "1:27", "(did you mean 127.0.0.1:8080?)"},
      {"listeners: { web: { bind: \"127.0.0.1:http\" } }", "1:27", "port 'http' is not a number"},
      {"listeners: { web: { bind: \"localhost:8080\" } }", "1:27",
       "(did you mean 127.0.0.1:8080?)"},
      {"services: { app: { discovery: [ static: [\"http://10.0.0.1:80/\"] ] } }", "1:42",
       "no scheme and no path (did you mean 10.0.0.1:80?)"},
      {"trusted_proxies: [\"10.0.0.0/33\"]", "1:19",
       "the prefix '33' is not a number from 0 to 32"},
      {"trusted_proxies: [\"10.0.0.1/8\"]", "1:19", "(did you mean 10.0.0.0/8?)"},
      // The same twice.
      {"admin: { insecure: false }\nadmin: {}", "2:1", "'admin' is here a second time, first on"},
      {"routes:\n  - { service: app }\n  - { service: app }", "3:5", "line 2 has the same match"},
      // Words of other products.
      {"services: { app: { discovery: [ static: [\"10.0.0.1:80\"] ], "
       "balance: { algorithm: roundrobin } } }",
       "1:82", "(did you mean round_robin?)"},
      {"routes: [ { service: app, websocket: yes } ]", "1:38", "(did you mean true?)"},
      {"routes: [ { service: app, websocket: off } ]", "1:38", "(did you mean false?)"},
      {"routes: [ { service: app, websocket: \"true\" } ]", "1:38", "without quotes"},
      // Lists and maps in each other's place.
      {"routes: { service: app }", "1:9", "expected a list of entries that begin with '- '"},
      {"services:\n  - app: {}", "2:3", "services: expected a map of names, found a list"},
      {"routes: [ { service: app, match: { methods: GET } } ]", "1:45", "(did you mean [GET]?)"},
      {"routes: [ { service: app, match: /app/ } ]", "1:34",
       "match: expected a map of keys, found"},
      {"routes: [ { service: [app] } ]", "1:22",
       "expected a name such as web-server, found a list"},
      // A route without a target, a service without endpoints.
      {"routes: [ { match: { path: /x/ } } ]", "1:11", "this route has no service"},
      {"services: { app: {} }", "1:18", "app: 'discovery' is missing"},
      // A value that would split a response.
      {"routes: [ { service: app, response_headers: { set: { x-a: \"1\\r\\nx-b: 2\" } } } ]",
       "1:59", "a field value has no control bytes"},
  });
}

TEST(Mistakes, OfText) {
  expect_all({
      {"admin: &a { }", "1:8", "anchors are not read"},
      {"log: { level: &a info }", "1:15", "anchors are not read"},
      {"access_log: { path: *nothing }", "1:21", "aliases are not read"},
      {"log: { level: !word info }", "1:15", "tags are not read"},
      {"log: { level: ! info }", "1:15", "tags are not read"},
      {"trusted_proxies: !!seq []", "1:18", "tags are not read"},
      {"log: { level: ~ }", "1:15", "found nothing"},
      {"? [a]\n: 1", "1:3", "a key must be text, found a list"},
      {"~: 1", "1:1", "a key must be text, found nothing"},
      {"log: { level: info }\n---\nlog: {}", "2:1", "a second document"},
      {"{ version: 1 }\n...\nlog: {}", "3:1", "text after the end of the document"},
      {"log: [info", "1:6", "this bracket is never closed"},
      {"log: {level: info]", "1:18", "this bracket closes none"},
      {"log: }", "1:6", "this bracket closes none"},
      {"log: \"info", "1:6", "not closed on its line"},
      {"log: 'it''s info", "1:6", "not closed on its line"},
      {"log: @info", "1:6", "quote it"},
      {"log: level: info", "1:11", "a ':' cannot stand here"},
      {"log: - info", "1:6", "put it on a line of its own"},
      {"log: \"\\q\"", "1:9", "not YAML: unknown escape character: q"},
      {"log: {}\r# x", "1:8", "a carriage return without a line feed"},
      {"log: { level: \"\x01\" }", "1:16", "control byte 0x01"},
      {"log: { level: \"\xff\" }", "1:16", "byte 0xff: the file is not UTF-8"},
      {"log: { path: \"\xc3\xa9\xc3\xa9\", level: 5 }", "1:27", "found the number 5"},
  });
}

TEST(Mistakes, OfScalars) {
  expect_all({
      {"version: 2", "1:10", "version: this weir reads 1 only"},
      {"version: \"1\"", "1:10", "expected a whole number, found '1' (did you mean 1?)"},
      {"version: 1.0", "1:10", "expected a whole number, found the number 1.0"},
      {"version: -1", "1:10", "expected a whole number, found the number -1"},
      {"version: 99999999999999999999", "1:10", "expected a whole number"},
      {"log: { level: true }", "1:15", "expected one of debug, info, warn, error, found true"},
      {"log: { level: warning }", "1:15", "(did you mean warn?)"},
      {"log: { level: loud }", "1:15", "'loud' is unknown; available: debug, info, warn, error"},
      {"log: { path: \"\" }", "1:14", "path: it is empty"},
      {"log: { path: \"a\\nb\" }", "1:14", "a file name without control bytes"},
      {"log: { path: 5 }", "1:14",
       "expected a file name, found the number 5 (did you mean \"5\"?)"},
      {"log: { path: {} }", "1:14", "expected a file name, found a map"},
      {"access_log: { path: no, colour: red }", "1:25", "unknown key 'colour'"},
      {"alerts: []", "1:1", "'alerts' is not in this version"},
      {"trusted_proxies: \"10.0.0.0/8\"", "1:18", "expected a list"},
      {"trusted_proxies: [everyone]", "1:19", "'everyone' is not an address range"},
      {"trusted_proxies: [\"fd00::/129\"]", "1:19", "from 0 to 128"},
      {"trusted_proxies: [10]", "1:19", "expected an address range such as 10.0.0.0/8, found"},
  });
}

// The value of one key of a listener; the column of every place is 52.
TEST(Mistakes, OfLimits) {
  const std::vector<std::pair<const char*, const char*>> rows = {
      {"line: 1B ", "line: 1B is not from 64B to 64KiB"},
      {"line: 65KiB ", "is not from 64B to 64KiB"},
      {"head: 2MiB ", "is not from 1KiB to 64KiB"},
      {"head: [64] ", "expected a size such as 512B, 64KiB or 10MiB, found a list"},
      {"head: lots ", "'lots' does not start with a digit"},
      {"fields: 0 ", "fields: 0 is not from 1 to 256"},
      {"fields: 1KiB ", "expected a whole number, found '1KiB'"},
      {"idle: 0 ", "idle: 0 is not from 1ms to 1d"},
      {"idle: 25h ", "is not from 1ms to 1d"},
      {"idle: true ", "expected a duration such as 250ms, 10s or 5m, found true"},
      {"idle: 5w ", "idle: '5w' has an unknown unit; expected a duration such as 250ms"},
      {"idle: 10 sec ", "(did you mean 10s?)"},
      {"idle: 10S ", "(did you mean 10s?)"},
      {"idle: 1m30s ", "has an unknown unit"},
      {"body_max: 10m ", "(did you mean 10MiB?)"},
      {"body_max: 2000 ", "(did you mean 2000B?)"},
      {"min_body_rate: 240 ", "expected a rate such as 240B/s or 1KiB/s"},
      {"min_body_rate: 240 ", "(did you mean 240B/s?)"},
      {"min_body_rate: 1KiB ", "(did you mean 1KiB/s?)"},
      {"min_body_rate: 1k/s ", "(did you mean 1KiB/s?)"},
      {"min_body_rate: fast ", "found 'fast'"},
  };
  for (const auto& [limit, needle] : rows) {
    const std::string text =
        fmt::format("listeners: {{ web: {{ bind: \"127.0.0.1:0\", limits: {{ {} }} }} }}", limit);
    const auto place =
        fmt::format("1:{}", text.find(limit) + std::string_view(limit).find(' ') + 2);
    expect_all({{text.c_str(), place.c_str(), needle}});
  }
  const std::string digits(100, '7');
  const std::string text = "access_log: {}\nroutes: [ { service: app, body_max: " + digits + " } ]";
  expect_all({{text.c_str(), "2:37", "expected a size such as 512B, 64KiB or 10MiB, found '777"}});
}

TEST(Mistakes, OfListeners) {
  expect_all({
      {"listeners: {}", "1:1", "no listener: clients have nowhere to connect"},
      {"listeners:", "1:1", "no listener: clients have nowhere to connect"},
      {"listeners: { web: {} }", "1:19", "web: 'bind' is missing"},
      {"listeners:\n  web:", "2:3", "web: 'bind' is missing"},
      {"listeners: { Web: { bind: \"127.0.0.1:0\" } }", "1:14", "(did you mean web?)"},
      {"listeners: { 80: { bind: \"127.0.0.1:0\" } }", "1:14",
       "digits only would read as a number"},
      {"listeners: { web: { bind: \"127.0.0.1\" } }", "1:27", "(did you mean 127.0.0.1:8080?)"},
      {"listeners: { web: { bind: \"127.0.0.1:65536\" } }", "1:27", "port 65536 is above 65535"},
      {"listeners: { web: { bind: \"::1:80\" } }", "1:27", "(did you mean [::1]:80?)"},
      {"listeners: { web: { bind: \":80\" } }", "1:27", "(did you mean 0.0.0.0:80?)"},
      {"listeners: { web: { bind: \"unix:\" } }", "1:27", "'unix:' needs a path"},
      {"listeners: { web: { bind: \"127.0.0.1:0\", protocols: [h2c] } }", "1:54",
       "'h2c' comes with HTTP/2, not in this version; available: h1"},
      {"listeners: { web: { bind: \"127.0.0.1:0\", protocols: [spdy] } }", "1:54", "available: h1"},
      {"listeners: { web: { bind: \"127.0.0.1:0\", protocols: [1] } }", "1:54", "expected h1"},
      {"listeners: { web: { bind: \"127.0.0.1:0\", protocols: [] } }", "1:53",
       "protocols: the list is empty"},
      {"listeners: { web: { bind: \"127.0.0.1:0\", tls: { cert: a } } }", "1:42",
       "'tls' is not in this version"},
      {"listeners: { web: { bind: \"127.0.0.1:0\", limits: { line: 8KiB, head: 4KiB } } }", "1:58",
       "cannot be larger than the head"},
      {"listeners:\n  a: { bind: \"127.0.0.1:80\" }\n  b: { bind: \"0.0.0.0:80\" }", "3:14",
       "0.0.0.0:80 is used twice: listener 'a' has it, on line 2"},
      {"listeners:\n  a: { bind: \"unix:w\" }\n  b: { bind: \"unix:w\" }", "3:14", "used twice"},
      {"listeners: { a: { bind: \"127.0.0.1:70\" } }\nadmin: { bind: \"127.0.0.1:70\" }", "2:16",
       "127.0.0.1:70 is used twice: listener 'a' has it, on line 1"},
      {"listeners: { a: { bind: \"127.0.0.1:9900\" } }", "1:25", "the admin interface's default"},
      {"admin: { bind: \"0.0.0.0:9900\" }", "1:16",
       "other machines could reach the admin interface"},
      {"admin: { hosts: [\"a b\"] }", "1:18", "'a b' is not a host name: letters, digits"},
      {"admin: { hosts: [\"a.example:9900\"] }", "1:18", "(did you mean a.example?)"},
      {"admin: { hosts: [\"http://a.example\"] }", "1:18", "without scheme, port or path"},
      {"admin: { users: {} }", "1:10", "'users' is not in this version"},
  });
}

TEST(Mistakes, OfServices) {
  expect_all({
      {"services: { app: { discovery: [] } }", "1:31", "discovery: the list is empty"},
      {"services: { app: { discovery: [ {} ] } }", "1:33", "this source is empty"},
      {"services: { app: { discovery: [ file: a ] } }", "1:33",
       "here are known: process, static, dns, docker"},
      {"services: { app: { discovery: [ process ] } }", "1:33", "(did you mean process: ...?)"},
      {"services: { app: { discovery: [ { static: [\"10.0.0.1:80\"], process: {} } ], "
       "process: { command: [a] } } }",
       "1:60", "one source has one key; put 'process' into"},
      {"services: { app: { discovery: [ process: { command: [a] } ] } }", "1:44",
       "process stays {} here"},
      {"services: { app: { discovery: [ process: yes ], process: { command: [a] } } }", "1:42",
       "expected {}, found 'yes'"},
      {"services: { app: { discovery: [ static: [] ] } }", "1:41", "static: the list is empty"},
      {"services: { app: { discovery: [ static: [\"10.0.0.1\"] ] } }", "1:42", "has no port"},
      {"services: { app: { discovery: [ static: [\"10.0.0.1:0\"] ] } }", "1:42", "cannot be 0"},
      {"services: { app: { discovery: [ static: [\"a..b:80\"] ] } }", "1:42", "a label is empty"},
      {"services: { app: { discovery: [ static: [{ weight: 2 }] ] } }", "1:42", "'address' is mis"},
      {"services: { app: { discovery: [ static: [{ address: \"10.0.0.1:80\", weight: 0 }] ] } }",
       "1:76", "weight: 0 is not from 1 to 1000"},
      {"services: { app: { discovery: [ process: {} ] } }", "1:31",
       "app: discovery by process needs `process: { command: [...] }`"},
      {"services: { app: { discovery: [ process: {} ], process: {} } }", "1:57",
       "process: 'command' is missing"},
      {"services: { app: { discovery: [ process: {} ], process: { command: [] } } }", "1:68",
       "command: the list is empty"},
      {"services: { app: { discovery: [ process: {} ], process: { command: weir lab } } }", "1:68",
       "expected a list, found 'weir lab' (did you mean [weir, lab]?)"},
      {"services: { app: { discovery: [ process: {} ], process: { command: [a, --port, 0] } } }",
       "1:80", "expected text, found the number 0 (did you mean \"0\"?)"},
      {"services: { app: { discovery: [ process: {} ], process: { command: [\"a\\0\"] } } }",
       "1:69", "NUL cannot be passed to a process"},
      {"services: { app: { discovery: [ process: {} ], process: { command: [a], ready: ok } } }",
       "1:80", "'ok' is not a path: it begins with '/' (did you mean /ok?)"},
      {"services: { app: { discovery: [ process: {} ], process: { command: [a], ready: \"/ \" } } "
       "}",
       "1:80", "percent-encode it"},
      {"services: { app: { discovery: [ process: {} ], process: { command: [a], "
       "instances: [--fast] } } }",
       "1:85", "arguments for one child, found '--fast' (did you mean ["},
      {"services: { app: { discovery: [ process: {} ], process: { command: [a], "
       "environment: { 1A: b } } } }",
       "1:88", "'1A' is not a variable's name"},
      {"services: { app: { discovery: [ process: {} ], process: { command: [a], "
       "environment: { A: 1 } } } }",
       "1:91", "A: expected text, found the number 1"},
  });
}

TEST(Mistakes, OfRoutes) {
  expect_all({
      {"routes: [ { service: app, redirect: { location: / } } ]", "1:37", "either a service or a"},
      {"routes: [ { redirect: {} } ]", "1:23", "redirect: 'location' is missing"},
      {"routes: [ { redirect: { location: / , status: 200 } } ]", "1:47",
       "200 is none of 301, 302"},
      {"routes: [ { redirect: { location: \"/\\n\" } } ]", "1:35", "control bytes would split"},
      {"routes: [ { redirect: { location: \"/a b\" } } ]", "1:35", "percent-encode spaces"},
      {"routes: [ { redirect: { location: \"\" } } ]", "1:35", "location: it is empty"},
      {"routes: [ { redirect: { location: / }, strip_prefix: true } ]", "1:54", "forwards no path"},
      {"routes: [ { service: app, strip_prefix: true, rewrite_prefix: /b/ } ]", "1:63",
       "either strips its prefix or rewrites it"},
      {"routes: [ { service: app, rewrite_prefix: b } ]", "1:43", "(did you mean /b?)"},
      {"routes: [ { service: app, match: { path: app } } ]", "1:42", "(did you mean /app?)"},
      {"routes: [ { service: app, match: { path: \"/a?b\" } } ]", "1:42", "(did you mean /a?)"},
      {"routes: [ { service: app, match: { path: \"/a b\" } } ]", "1:42", "percent-encode it"},
      {"routes: [ { service: app, match: { path: \"/%zz\" } } ]", "1:42", "two hexadecimal digits"},
      {"routes: [ { service: app, match: { path: \"/a//b\" } } ]", "1:42", "'//' is never matched"},
      {"routes: [ { service: app, match: { path: \"/a/..\" } } ]", "1:42", "are never matched"},
      {"routes: [ { service: app, match: { host: \"a.*\" } } ]", "1:42", "as the first label"},
      {"routes: [ { service: app, match: { host: \"a:80\" } } ]", "1:42", "(did you mean a?)"},
      {"routes: [ { service: app, match: { host: \"a.\" } } ]", "1:42", "it ends in a dot"},
      {"routes: [ { service: app, match: { host: \"a_-.b\" } } ]", "1:42", "begins or ends with"},
      {"routes: [ { service: app, match: { methods: [get] } } ]", "1:46", "(did you mean GET?)"},
      {"routes: [ { service: app, match: { methods: [CONNECT] } } ]", "1:46",
       "is refused on every"},
      {"routes: [ { service: app, match: { methods: [\"A B\"] } } ]", "1:46", "is not a method"},
      {"routes: [ { service: app, match: { listener: \"W\" } } ]", "1:46", "'W' is not a name"},
      {"routes: [ { service: app, escapes: drop } ]", "1:36", "available: refuse, keep"},
      {"routes: [ { service: app, request_headers: { set: { \"x a\": b } } } ]", "1:53",
       "'x a' is not a field name"},
      {"routes: [ { service: app, request_headers: { set: { \"x-a:\": b } } } ]", "1:53",
       "(did you mean x-a?)"},
      {"routes: [ { service: app, request_headers: { set: { Host: b } } } ]", "1:53",
       "'Host' belongs to weir"},
      {"routes: [ { service: app, request_headers: { remove: [Content-Length] } } ]", "1:55",
       "'Content-Length' belongs to weir"},
      {"routes: [ { service: app, request_headers: { add: { x: \"a\\0\" } } } ]", "1:56",
       "x: a field value has no control bytes"},
      {"routes: [ { service: app, request_headers: { add: { x: \" a\" } } } ]", "1:56",
       "neither begins nor ends with a space"},
      {"routes: [ { service: app, request_headers: { add: { x: 1 } } } ]", "1:56",
       "expected text, found the number 1 (did you mean \"1\"?)"},
      {"routes: [ { service: app, request_headers: { add: { x-a: b, X-A: c } } } ]", "1:61",
       "case makes no difference in a field name"},
      {"routes: [ { service: app, timeout: { connect: 11s } } ]", "1:47",
       "connect (11s) is longer than attempt (10s, the default), of which it is a part"},
      {"routes: [ { service: app, timeout: { attempt: 100ms } } ]", "1:47",
       "connect (500ms, the default) is longer than attempt (100ms)"},
      {"routes: [ { service: app, timeout: { attempt: 9s, total: 8s } } ]", "1:47",
       "attempt (9s) is longer than total (8s)"},
      {"routes:\n  - { service: app, match: { methods: [GET, PUT] } }\n"
       "  - { service: app, match: { methods: [POST, PUT] } }",
       "3:28", "the route on line 2 has the same match: * */ PUT"},
      {"routes: [ app ]", "1:11", "routes: expected a map of keys, found 'app'"},
  });
}

TEST(Mistakes, OfAWholeFile) {
  expect_all({
      {"listeners: [ web ]", "1:12", "listeners: expected a map of names, found a list"},
      {"services: 5", "1:11", "services: expected a map of names, found the number 5"},
  });
  const auto first = [](std::string_view text) {
    const LoadResult result = load_text(text, "weir.yaml");
    return result.problems.empty() ? "" : to_text(result.problems.front());
  };
  EXPECT_EQ(first(""),
            "weir.yaml:1:1: no listener: clients have nowhere to connect; add "
            "`listeners: { web: { bind: \"127.0.0.1:8080\" } }`");
  EXPECT_EQ(first("- a"), "weir.yaml:1:1: the file: expected a map of keys, found a list");
  EXPECT_EQ(first("hello"), "weir.yaml:1:1: the file: expected a map of keys, found 'hello'");
}

TEST(Warnings, PointAtWhatHasNoEffect) {
  const std::vector<Mistake> rows = {
      {"routes: []", "1:1", "no route: every request is answered 404"},
      {"services: { app: { discovery: [ static: [\"a:80\"] ] },\n  b: { discovery: "
       "[ static: [\"b:80\"] ] } }",
       "2:3", "no route leads to service 'b'"},
      {"services: { app: { discovery: [ static: [\"a:80\", { address: \"A:80\" }] ] } }", "1:61",
       "a:80 is listed twice, first on line 1"},
      {"services: { app: { discovery: [ static: [\"a:80\"] ], process: { command: [a] } } }",
       "1:53", "app: no child is started: discovery does not list it"},
      {"services: { app: { discovery: [ process: {} ], process: { command: [a], instances: "
       "[[b], [c]] } } }",
       "1:84", "2 instances for 1 replicas; the last are not used"},
  };
  for (const Mistake& row : rows) {
    SCOPED_TRACE(row.text);
    const LoadResult result = load_text(complete(row.text), "weir.yaml");
    EXPECT_NE(result.settings, nullptr) << to_text(result.problems);
    ASSERT_GE(result.warnings.size(), 1u);
    const Problem& warning = result.warnings.front();
    EXPECT_EQ(fmt::format("{}:{}", warning.line, warning.column), row.place) << to_text(warning);
    EXPECT_NE(warning.message.find(row.needle), std::string::npos) << to_text(warning);
  }
}

}  // namespace
}  // namespace weir::config
