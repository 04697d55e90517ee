#pragma once
// ProcessFacts: what this process uses, from /proc and the kernel's clocks. Children are sampled by
// supervise/.

#include <cstdint>

namespace weir::observe {

struct ProcessFacts {
  std::uint64_t resident_bytes = 0;
  double cpu_seconds = 0;  ///< user and system, all threads
  std::uint64_t open_fds = 0;
  std::uint64_t max_fds = 0;      ///< the soft limit
  double start_time_seconds = 0;  ///< since 1970
};

/// What cannot be read stays 0. Cost: a few system calls plus one per 30 open descriptors.
ProcessFacts read_process_facts();

}  // namespace weir::observe
