#include "generator/options.hpp"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace generator {
namespace {

constexpr std::string_view kUsage = R"(usage: load_generator --port P [options]
  --path /s                     what to ask for; a raw_backend's paths have a known length
  --expect-bytes N              the length every body must have
  --connections 64              how many at once
  --rate R                      open loop, Poisson arrivals a second; 0 = closed loop
  --seconds S, --requests N     when to stop (default: 5 seconds)
  --new-connection-per-request  each request opens a connection and closes it
  --json                        the report as one JSON line
  --interactive                 a run for each line `run SECONDS [RATE]` or `requests N` of
                                standard input, on the same connections; `quit` ends
  --idle N --hold-seconds S     open N connections, one request on each, print `ready N`, hold
example: load_generator --port 8080 --path /s --connections 64 --seconds 5
)";

[[noreturn]] void refuse(std::string_view word, std::string_view why) {
  std::fprintf(stderr, "load_generator: %.*s: %.*s\n%.*s", static_cast<int>(word.size()),
               word.data(), static_cast<int>(why.size()), why.data(),
               static_cast<int>(kUsage.size()), kUsage.data());
  std::exit(2);
}

template <class Number>
Number parse_number(std::string_view option, std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0)) {
    refuse(option, "needs a number that is not negative");
  }
  return value;
}

/// The lengths raw_backend answers with.
std::optional<std::uint64_t> known_length(std::string_view path) {
  if (path == "/s" || path == "/c") return 128;
  if (path == "/m") return 16 * 1024;
  if (path == "/l") return 1024 * 1024;
  return {};
}

/// True for the options without a value.
bool take_flag(Options& options, std::string_view word) {
  if (word == "--new-connection-per-request") return options.connection_each = true;
  if (word == "--json") return options.json = true;
  if (word == "--interactive") return options.interactive = true;
  return false;
}

void take_value(Options& options, std::string_view word, std::string_view value) {
  if (word == "--port") {
    options.target.port = parse_number<std::uint16_t>(word, value);
  } else if (word == "--path") {
    options.target.path = value;
  } else if (word == "--expect-bytes") {
    options.target.body_bytes = parse_number<std::uint64_t>(word, value);
  } else if (word == "--connections") {
    options.connections = parse_number<unsigned>(word, value);
  } else if (word == "--rate") {
    options.rate = parse_number<double>(word, value);
  } else if (word == "--seconds") {
    options.seconds = parse_number<double>(word, value);
  } else if (word == "--requests") {
    options.requests = parse_number<std::uint64_t>(word, value);
  } else if (word == "--idle") {
    options.idle = parse_number<unsigned>(word, value);
  } else if (word == "--hold-seconds") {
    options.hold_seconds = parse_number<double>(word, value);
  } else {
    refuse(word, "is not an option");
  }
}

}  // namespace

Options parse_options(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--help") {
      std::fwrite(kUsage.data(), 1, kUsage.size(), stdout);
      std::exit(0);
    }
    if (take_flag(options, word)) continue;
    if (i + 1 == count) refuse(word, "is not an option, or lacks its value");
    take_value(options, word, words[++i]);
  }
  if (options.target.port == 0) refuse("--port", "is needed");
  if (options.connections == 0) refuse("--connections", "must be at least 1");
  if (options.seconds == 0 && options.requests == 0) options.seconds = 5;
  if (!options.target.body_bytes) options.target.body_bytes = known_length(options.target.path);
  return options;
}

}  // namespace generator
