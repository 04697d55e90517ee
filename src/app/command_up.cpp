// weir up: the whole demo from the built-in configuration.
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/process_environment.hpp"
#include "app/run_instance.hpp"
#include "app/self_check.hpp"
#include "app/version.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "config/built_in.hpp"
#include "config/load.hpp"

extern char** environ;

namespace weir::app {
namespace {

struct UpOptions {
  std::string data = "./weir-data";
  std::string gateway = "127.0.0.1:8080";
  std::string admin = "127.0.0.1:9900";
  std::string ports;
  std::string traffic = "25";
  unsigned lanes = 0;
  bool open = false;
  bool json = false;
  bool print_config = false;
  std::string env_file;
};

constexpr base::Duration kReadyPatience = std::chrono::seconds(15);

void open_browser(const std::string& url) {
  std::string program = "xdg-open";
  std::string argument = url;
  char* argv[] = {program.data(), argument.data(), nullptr};
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);  // ours are blocked
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  pid_t pid = 0;
  const int failed = posix_spawnp(&pid, "xdg-open", nullptr, &attributes, argv, environ);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) {
    fmt::print(stderr, "weir: no xdg-open here; open {} yourself\n", url);
    return;
  }
  std::thread([pid] { ::waitpid(pid, nullptr, 0); }).detach();
}

void print_table(const Instance& instance, const std::vector<ServiceCheck>& checks,
                 const UpOptions& options, double seconds) {
  const std::string gateway = instance.lanes().listeners().front().address.text();
  const std::string admin = instance.admin_address().text();
  fmt::print("weir {} is up in {:.2f} s (pid {}, data in {})\n\n", kVersion, seconds, ::getpid(),
             options.data);
  fmt::print("  gateway   http://{}/\n", gateway);
  fmt::print("  admin     http://{}/   status page, /metrics, /api/services\n\n", admin);
  fmt::print("  {:<18} {:<14} {:<9} {:>6} {:>9}   {}\n", "service", "route", "processes", "status",
             "ms", "try");
  for (const ServiceCheck& check : checks) {
    fmt::print("  {:<18} {:<14} {:<9} {:>6} {:>9.1f}   curl http://{}{}\n", check.service,
               check.path, fmt::format("{} of {}", check.eligible, check.wanted),
               check.status == 0 ? "-" : std::to_string(check.status), check.ms, gateway,
               check.path);
    if (!check.detail.empty()) fmt::print("      {}\n", check.detail);
  }
  fmt::print("\n  demo traffic: {}. Log: {}/weir.log. Ctrl-C stops everything.\n",
             options.traffic == "off" ? "off" : options.traffic + " requests/s", options.data);
  std::fflush(stdout);
}

void print_json(const Instance& instance, const std::vector<ServiceCheck>& checks,
                const UpOptions& options, double seconds) {
  base::json::array services;
  for (const ServiceCheck& check : checks) {
    services.push_back(base::json::object{{"service", check.service},
                                          {"path", check.path},
                                          {"eligible", check.eligible},
                                          {"wanted", check.wanted},
                                          {"status", check.status},
                                          {"ms", check.ms},
                                          {"ok", check.ok()}});
  }
  base::json::object out{{"version", kVersion},
                         {"pid", ::getpid()},
                         {"gateway", instance.lanes().listeners().front().address.text()},
                         {"admin", instance.admin_address().text()},
                         {"data", options.data},
                         {"startSeconds", std::round(seconds * 1000) / 1000},
                         {"services", std::move(services)}};
  fmt::print("{}\n", base::to_text(out));
  std::fflush(stdout);
}

std::string explain(const base::Error& error, const UpOptions& options) {
  std::string text(error.detail());
  const auto hint = [&](const std::string& address, const char* option) {
    if (text.find(address) != std::string::npos) {
      text += fmt::format("; choose another with {} ADDR, or --ports auto", option);
    }
  };
  hint(options.gateway, "--gateway");
  hint(options.admin, "--admin");
  return text;
}

int up(UpOptions options) {
  if (options.ports == "auto") options.gateway = options.admin = "127.0.0.1:0";
  const std::string text =
      config::built_in_text({.gateway = options.gateway, .admin = options.admin});
  if (options.print_config) {
    fmt::print("{}", text);
    return kOk;
  }
  double rate = 0;
  if (options.traffic != "off") rate = std::strtod(options.traffic.c_str(), nullptr);
  const auto environment = read_environment(options.env_file);
  if (!environment) return kConfiguration;
  config::LoadResult loaded = config::load_text(text, "built-in configuration", {}, &*environment);
  if (!loaded.settings) {
    fmt::print(stderr, "{}", config::to_text(loaded.problems));
    return complain(kUsage, "the addresses of --gateway and --admin cannot be used");
  }
  const base::Time begun = base::real_now();
  block_signals();
  InstanceOptions parts;
  parts.loaded = std::move(loaded);
  parts.environment = *environment;
  parts.lanes = options.lanes;
  parts.data_directory = options.data;
  parts.log_path = options.data + "/weir.log";
  parts.traffic_rate = rate;
  auto instance = Instance::open(std::move(parts));
  if (!instance) return complain(kRunTime, explain(instance.error(), options));
  (*instance)->start();
  const std::string not_ready = (*instance)->wait_ready(kReadyPatience, asked_to_end);
  if (asked_to_end()) return run_until_signal(**instance, std::chrono::seconds(1));
  const auto checks = check_services(**instance);
  (*instance)->start_traffic();
  const double seconds = base::to_ms(base::real_now() - begun) / 1000;
  if (options.json) {
    print_json(**instance, checks, options, seconds);
  } else {
    print_table(**instance, checks, options, seconds);
  }
  if (!not_ready.empty()) {
    fmt::print(stderr, "weir: {} after {} s; see {}/weir.log and `weir logs NAME`\n", not_ready,
               kReadyPatience / std::chrono::seconds(1), options.data);
  }
  if (options.open) open_browser("http://" + (*instance)->admin_address().text() + "/");
  return run_until_signal(**instance, std::chrono::seconds(10));
}

std::string rate_fault(const std::string& text) {
  if (text == "off") return {};
  char* end = nullptr;
  const double rate = std::strtod(text.c_str(), &end);
  const bool whole = end != nullptr && *end == '\0' && !text.empty();
  return whole && rate > 0 && rate <= 10'000 ? "" : "expected off, or requests/s up to 10000";
}

}  // namespace

void add_up(CommandLine& line) {
  auto options = std::make_shared<UpOptions>();
  Command command = line.command("up", "Start the gateway with demo services and traffic");
  command.text("--data", options->data, "Data directory (default ./weir-data)");
  command.text("--gateway", options->gateway, "Gateway address (default 127.0.0.1:8080)");
  command.text("--admin", options->admin, "Admin address (default 127.0.0.1:9900)");
  command.one_of("--ports", options->ports, {"auto"}, "auto: free ports; the table says which");
  command.text("--traffic", options->traffic, "Demo traffic in requests/s, or off (25)",
               Presence::optional, {"off|RPS", rate_fault});
  command.number("--lanes", options->lanes, "Data lanes (default: one a core)", 1, 256);
  add_env_file(command, options->env_file);
  command.flag("--open", options->open, "Open the status page in a browser");
  command.flag("--json", options->json, "Print the start table as one line of JSON");
  command.flag("--print-config", options->print_config,
               "Print the built-in configuration and exit");
  command.footer(
      "Examples:\n  weir up\n  weir up --ports auto --traffic off --json\n"
      "  weir up --print-config >weir.yaml && weir serve -c weir.yaml");
  command.runs([options] { return up(*options); });
}

}  // namespace weir::app
