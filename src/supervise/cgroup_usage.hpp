#pragma once
// Cgroup usage: what the kernel has counted for a container's (or any) control group: its CPU time
// and its memory. Read from files, so 100 containers once a second cost nothing to speak of; the
// engine's own statistics take 1 s a call.
//
// A process tells its groups in /proc/PID/cgroup, this process the mounts in /proc/self/mountinfo;
// from both follow the directories. Version 1 (one tree a controller), version 2 (one tree) and
// both at once occur. A group outside the mounts is not visible, which is no error of anybody's:
// weir may run in a container itself.
//
// Memory is without file cache that is given back at once (inactive_file), as `docker stats` has
// it. It is not the group's limit that is told to be used up.

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "supervise/descriptor.hpp"

namespace weir::supervise {

enum class CgroupVersion : std::uint8_t { v1, v2 };

/// Where one group's figures are: directories.
struct CgroupPlace {
  CgroupVersion cpu_version = CgroupVersion::v2;
  CgroupVersion memory_version = CgroupVersion::v2;
  std::string cpu;
  std::string memory;
  bool operator==(const CgroupPlace&) const = default;
};

/// `cgroup`: text of /proc/PID/cgroup; `mountinfo`: text of /proc/self/mountinfo. A controller that
/// is in no tree of version 1 is looked for in that of version 2. Pure.
/// Fails: not_found when the mounts do not show the group; it says which controller's.
base::Result<CgroupPlace> find_cgroup(std::string_view cgroup, std::string_view mountinfo);

struct CgroupUsage {
  std::uint64_t cpu_ns = 0;  ///< since the group was made
  std::uint64_t memory_bytes = 0;
  std::uint64_t memory_max = 0;  ///< 0: no limit
  bool operator==(const CgroupUsage&) const = default;
};

/// Texts of the files, by version. `stat` is of cpu.stat (v2 only) and memory.stat.
/// Fails: bad_message.
base::Result<std::uint64_t> parse_cpu_ns(CgroupVersion version, std::string_view text);
base::Result<std::uint64_t> parse_memory_bytes(CgroupVersion version, std::string_view usage,
                                               std::string_view stat);
/// No limit, of either version, is 0.
base::Result<std::uint64_t> parse_memory_max(std::string_view text);

/// The files of one group, held open.
class CgroupReader {
 public:
  /// Fails: not_found when a file is not there or may not be read.
  static base::Result<CgroupReader> open(const CgroupPlace& place);
  /// Of a process. `must_name`: a word that its group's path has to contain, such as a container's
  /// id: a pid of another namespace, or one used again, belongs to somebody else.
  /// Fails: not_found; conflict when the group does not name it.
  static base::Result<CgroupReader> open_of(int pid, std::string_view must_name);

  /// Fails: not_found when the group is gone; bad_message. Cost: four reads, 20 us.
  base::Result<CgroupUsage> read() const;

 private:
  CgroupReader() = default;

  CgroupVersion cpu_version_ = CgroupVersion::v2;
  CgroupVersion memory_version_ = CgroupVersion::v2;
  Fd cpu_;
  Fd memory_;
  Fd memory_stat_;
  Fd memory_max_;  // none: no limit, as in a root group of version 2
};

}  // namespace weir::supervise
