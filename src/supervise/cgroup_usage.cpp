#include "supervise/cgroup_usage.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "base/text.hpp"

namespace weir::supervise {
namespace {

// Both versions' "no limit" as a number: the largest multiple of a page, or thereabouts.
constexpr std::uint64_t kNoLimit = 1ull << 60;
constexpr std::size_t kFileMax = 16 * 1024;    // memory.stat has 2 kB
constexpr std::size_t kProcMax = 1024 * 1024;  // a mountinfo with many thousand mounts

template <class Each>
void for_each_part(std::string_view text, char separator, const Each& each) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    each(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

bool has_word(std::string_view list, std::string_view word) {
  bool found = false;
  for_each_part(list, ',', [&](std::string_view each) { found |= each == word; });
  return found;
}

// "4:cpu,cpuacct:/docker/0a1b", and "0::/system.slice/docker-0a1b.scope" of version 2.
// `controller` empty: version 2.
std::optional<std::string_view> group_of(std::string_view cgroup, std::string_view controller) {
  std::optional<std::string_view> found;
  for_each_part(cgroup, '\n', [&](std::string_view line) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const bool fits = controller.empty() ? controllers.empty() : has_word(controllers, controller);
    if (fits && !found) found = line.substr(second + 1);
  });
  return found;
}

struct Mount {
  std::string root;
  std::string point;
};

// Blanks and the like are written as \040.
std::string unescape(std::string_view text) {
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) &&
                           is_octal(text[i + 2]) && is_octal(text[i + 3]);
    if (!is_escape) {
      out += text[i];
      continue;
    }
    out +=
        static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + text[i + 3] - '0');
    i += 3;
  }
  return out;
}

// "34 31 0:31 ROOT POINT OPTIONS TAGS… - cgroup SOURCE rw,cpu,cpuacct"
std::optional<Mount> mount_of(std::string_view mountinfo, std::string_view controller) {
  std::optional<Mount> found;
  for_each_part(mountinfo, '\n', [&](std::string_view line) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos || found) return;
    std::vector<std::string_view> fields;
    for_each_part(line.substr(0, dash), ' ',
                  [&](std::string_view each) { fields.push_back(each); });
    std::vector<std::string_view> kind;
    for_each_part(line.substr(dash + 3), ' ', [&](std::string_view each) { kind.push_back(each); });
    if (fields.size() < 6 || kind.size() < 3) return;
    const bool fits = controller.empty() ? kind[0] == "cgroup2"
                                         : kind[0] == "cgroup" && has_word(kind[2], controller);
    if (fits) found = Mount{unescape(fields[3]), unescape(fields[4])};
  });
  return found;
}

// The directory of `group` below a mount that may show only a part of the tree.
std::optional<std::string> below(const Mount& mount, std::string_view group) {
  if (group.empty() || group[0] != '/' || group.starts_with("/..")) return std::nullopt;
  if (mount.root != "/") {
    if (!group.starts_with(mount.root)) return std::nullopt;
    group.remove_prefix(mount.root.size());
    if (!group.empty() && group[0] != '/') return std::nullopt;
  }
  return mount.point + std::string(group == "/" ? "" : group);
}

struct Found {
  CgroupVersion version = CgroupVersion::v2;
  std::string directory;
};

base::Result<Found> find_one(std::string_view cgroup, std::string_view mountinfo,
                             std::string_view controller) {
  for (const std::string_view wanted : {controller, std::string_view()}) {
    const auto group = group_of(cgroup, wanted);
    const auto mount = mount_of(mountinfo, wanted);
    if (!group || !mount) continue;
    if (auto directory = below(*mount, *group)) {
      return Found{wanted.empty() ? CgroupVersion::v2 : CgroupVersion::v1, std::move(*directory)};
    }
  }
  return base::fail(
      base::Errc::not_found,
      fmt::format("no mounted control group of controller {} is visible", controller));
}

std::optional<std::uint64_t> number_of(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return base::parse_uint(text);
}

// "inactive_file 4096", one a line.
std::optional<std::uint64_t> value_of(std::string_view stat, std::string_view key) {
  std::optional<std::uint64_t> found;
  for_each_part(stat, '\n', [&](std::string_view line) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || line.substr(0, space) != key) return;
    found = base::parse_uint(line.substr(space + 1));
  });
  return found;
}

base::Result<std::string> read_all(int fd, std::size_t most) {
  std::string out(most, '\0');
  std::size_t size = 0;
  while (size < most) {
    const ssize_t got = ::pread(fd, out.data() + size, most - size, static_cast<off_t>(size));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail(base::Errc::not_found, std::strerror(errno));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  out.resize(size);
  return out;
}

base::Result<Fd> open_file(const std::string& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return base::fail(base::Errc::not_found, fmt::format("{}: {}", path, std::strerror(errno)));
  }
  return fd;
}

base::Result<std::string> read_path(const std::string& path, std::size_t most) {
  WEIR_TRY(const Fd fd, open_file(path));
  return read_all(fd.get(), most);
}

}  // namespace

base::Result<CgroupPlace> find_cgroup(std::string_view cgroup, std::string_view mountinfo) {
  WEIR_TRY(Found cpu, find_one(cgroup, mountinfo, "cpuacct"));
  WEIR_TRY(Found memory, find_one(cgroup, mountinfo, "memory"));
  return CgroupPlace{.cpu_version = cpu.version,
                     .memory_version = memory.version,
                     .cpu = std::move(cpu.directory),
                     .memory = std::move(memory.directory)};
}

base::Result<std::uint64_t> parse_cpu_ns(CgroupVersion version, std::string_view text) {
  const auto found = version == CgroupVersion::v1 ? number_of(text) : value_of(text, "usage_usec");
  if (!found) return base::fail(base::Errc::bad_message, "a group's CPU time is not understood");
  return version == CgroupVersion::v1 ? *found : *found * 1000;
}

base::Result<std::uint64_t> parse_memory_bytes(CgroupVersion version, std::string_view usage,
                                               std::string_view stat) {
  const auto used = number_of(usage);
  if (!used) return base::fail(base::Errc::bad_message, "a group's memory is not understood");
  const auto cache =
      value_of(stat, version == CgroupVersion::v1 ? "total_inactive_file" : "inactive_file");
  return *used - std::min(cache.value_or(0), *used);
}

base::Result<std::uint64_t> parse_memory_max(std::string_view text) {
  if (text.starts_with("max")) return 0;
  const auto limit = number_of(text);
  if (!limit) return base::fail(base::Errc::bad_message, "a group's limit is not understood");
  return *limit >= kNoLimit ? 0 : *limit;
}

base::Result<CgroupReader> CgroupReader::open(const CgroupPlace& place) {
  const bool has_v1_cpu = place.cpu_version == CgroupVersion::v1;
  const bool has_v1_memory = place.memory_version == CgroupVersion::v1;
  CgroupReader out;
  out.cpu_version_ = place.cpu_version;
  out.memory_version_ = place.memory_version;
  WEIR_TRY(out.cpu_, open_file(place.cpu + (has_v1_cpu ? "/cpuacct.usage" : "/cpu.stat")));
  WEIR_TRY(out.memory_, open_file(place.memory +
                                  (has_v1_memory ? "/memory.usage_in_bytes" : "/memory.current")));
  WEIR_TRY(out.memory_stat_, open_file(place.memory + "/memory.stat"));
  auto limit = open_file(place.memory + (has_v1_memory ? "/memory.limit_in_bytes" : "/memory.max"));
  if (limit) out.memory_max_ = std::move(*limit);
  return out;
}

base::Result<CgroupReader> CgroupReader::open_of(int pid, std::string_view must_name) {
  WEIR_TRY(const std::string cgroup, read_path(fmt::format("/proc/{}/cgroup", pid), kFileMax));
  WEIR_TRY(const std::string mounts, read_path("/proc/self/mountinfo", kProcMax));
  WEIR_TRY(const CgroupPlace place, find_cgroup(cgroup, mounts));
  for (const std::string* each : {&place.cpu, &place.memory}) {
    if (each->find(must_name) != std::string::npos) continue;
    return base::fail(base::Errc::conflict,
                      fmt::format("process {} belongs to {}, not to {}", pid, *each, must_name));
  }
  return open(place);
}

base::Result<CgroupUsage> CgroupReader::read() const {
  CgroupUsage out;
  WEIR_TRY(const std::string cpu, read_all(cpu_.get(), kFileMax));
  WEIR_TRY(out.cpu_ns, parse_cpu_ns(cpu_version_, cpu));
  WEIR_TRY(const std::string memory, read_all(memory_.get(), kFileMax));
  WEIR_TRY(const std::string stat, read_all(memory_stat_.get(), kFileMax));
  WEIR_TRY(out.memory_bytes, parse_memory_bytes(memory_version_, memory, stat));
  if (memory_max_) {
    WEIR_TRY(const std::string limit, read_all(memory_max_.get(), kFileMax));
    WEIR_TRY(out.memory_max, parse_memory_max(limit));
  }
  return out;
}

}  // namespace weir::supervise
