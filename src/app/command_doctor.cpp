// weir doctor: what this machine allows, and what stands in the way.
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "base/json.hpp"
#include "net/listener.hpp"

namespace weir::app {
namespace {

enum class Health : std::uint8_t { ok, note, bad };

struct Finding {
  std::string what;
  Health health = Health::ok;
  std::string found;
  std::string action;
};

Finding check_port(const char* what, const std::string& address, const char* option) {
  const auto bound = net::probe_bind(net::Address::parse(address).value());
  if (bound) return {what, Health::ok, address + " is free", ""};
  return {what, Health::bad, std::string(bound.error().detail()),
          fmt::format("Stop what listens there, or use weir up {} ADDR or --ports auto.", option)};
}

Finding check_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto hard = static_cast<unsigned long long>(limit.rlim_max);
  const std::string found =
      fmt::format("soft {}, hard {}", static_cast<unsigned long long>(limit.rlim_cur), hard);
  if (hard < 4096) {
    return {"descriptors", Health::bad, found, "Raise it: ulimit -Hn 65536, or LimitNOFILE=."};
  }
  if (hard < 20000) {
    return {"descriptors", Health::note, found, "Enough for about half as many connections."};
  }
  return {"descriptors", Health::ok, found, ""};
}

Finding check_pidfd() {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0));
  if (fd < 0) {
    return {"pidfd", Health::bad, std::strerror(errno), "weir needs Linux 5.3 or newer."};
  }
  ::close(fd);
  return {"pidfd", Health::ok, "death notices of children work", ""};
}

Finding check_cgroup() {
  std::ifstream v2("/sys/fs/cgroup/cgroup.controllers");
  if (v2) return {"cgroup", Health::ok, "version 2", ""};
  std::ifstream v1("/sys/fs/cgroup/memory/memory.usage_in_bytes");
  if (v1) return {"cgroup", Health::ok, "version 1", ""};
  return {"cgroup", Health::note, "none visible",
          "Memory of processes is read from /proc instead."};
}

Finding check_backlog() {
  std::ifstream file("/proc/sys/net/core/somaxconn");
  int value = 0;
  file >> value;
  if (value >= 1024) return {"backlog", Health::ok, fmt::format("somaxconn {}", value), ""};
  return {"backlog", Health::note, fmt::format("somaxconn {}", value),
          "Bursts of connections may be refused: sysctl net.core.somaxconn=4096."};
}

Finding check_program(const char* name, const char* what_for) {
  const char* path = std::getenv("PATH");
  std::string rest = path == nullptr ? "/usr/bin:/bin" : path;
  rest += ":/usr/sbin:/sbin";
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const std::string file = rest.substr(0, end) + "/" + name;
    if (::access(file.c_str(), X_OK) == 0) return {name, Health::ok, file, ""};
    rest.erase(0, std::min(end + 1, rest.size()));
  }
  return {name, Health::note, "not installed", fmt::format("Only for {}: tools/setup.", what_for)};
}

int doctor(bool json) {
  const std::vector<Finding> findings = {
      check_port("gateway port", "127.0.0.1:8080", "--gateway"),
      check_port("admin port", "127.0.0.1:9900", "--admin"),
      check_descriptors(),
      check_pidfd(),
      check_cgroup(),
      check_backlog(),
      {"cores", Health::ok, std::to_string(std::thread::hardware_concurrency()), ""},
      check_program("nginx", "make bench-proxy"),
      check_program("haproxy", "make bench-proxy"),
      check_program("valgrind", "make accept-01"),
      check_program("promtool", "the test of /metrics"),
  };
  static constexpr const char* kWords[] = {"ok", "note", "BAD"};
  bool bad = false;
  base::json::array out;
  for (const Finding& finding : findings) {
    const char* word = kWords[static_cast<int>(finding.health)];
    bad = bad || finding.health == Health::bad;
    if (json) {
      out.push_back(base::json::object{{"what", finding.what},
                                       {"health", word},
                                       {"found", finding.found},
                                       {"action", finding.action}});
    } else {
      fmt::print("{:<5} {:<14} {}\n", word, finding.what, finding.found);
      if (!finding.action.empty()) fmt::print("{:20} {}\n", "", finding.action);
    }
  }
  if (json) fmt::print("{}", base::pretty_json(out));
  return bad ? kRunTime : kOk;
}

}  // namespace

void add_doctor(CommandLine& line) {
  auto json = std::make_shared<bool>(false);
  Command command = line.command("doctor", "What this machine allows, and what is missing");
  command.flag("--json", *json, "Print as JSON");
  command.footer(
      "Exit code 3 when something would keep weir up from starting.\nExample:\n"
      "  weir doctor");
  command.runs([json] { return doctor(*json); });
}

}  // namespace weir::app
