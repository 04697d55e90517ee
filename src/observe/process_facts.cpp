#include "observe/process_facts.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <ctime>
#include <fstream>
#include <string>

namespace weir::observe {
namespace {

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total_pages = 0;
  std::uint64_t resident_pages = 0;
  if (!(statm >> total_pages >> resident_pages)) return 0;
  return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

std::uint64_t open_fds() {
  DIR* const directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  std::uint64_t entries = 0;
  while (::readdir(directory) != nullptr) ++entries;
  ::closedir(directory);
  return entries > 3 ? entries - 3 : 0;  // ".", ".." and the directory's own
}

std::uint64_t max_fds() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

// Boot time plus field 22 of /proc/self/stat. The second field may hold spaces and parentheses, so
// fields are counted from the last ')'.
double start_time_seconds() {
  std::string line;
  std::getline(std::ifstream("/proc/self/stat"), line);
  std::size_t at = line.rfind(')');
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = line.find(' ', at + 1);
  if (at == std::string::npos) return 0;
  const double ticks = std::strtod(line.c_str() + at, nullptr);
  std::ifstream stat("/proc/stat");
  for (std::string word; stat >> word;) {
    double boot = 0;
    if (word == "btime" && stat >> boot) {
      return boot + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
    }
  }
  return 0;
}

}  // namespace

ProcessFacts read_process_facts() {
  return {.resident_bytes = resident_bytes(),
          .cpu_seconds = cpu_seconds(),
          .open_fds = open_fds(),
          .max_fds = max_fds(),
          .start_time_seconds = start_time_seconds()};
}

}  // namespace weir::observe
