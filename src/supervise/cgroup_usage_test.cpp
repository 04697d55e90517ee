#include "supervise/cgroup_usage.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace weir::supervise {
namespace cgroup_usage_test {

constexpr std::string_view kMountsV1 =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
constexpr std::string_view kMountsV2 =
    "23 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    "35 23 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";

std::string shown(const base::Result<CgroupPlace>& place) {
  if (!place) return std::string(place.error().detail());
  const auto version = [](CgroupVersion each) { return each == CgroupVersion::v1 ? "1 " : "2 "; };
  return version(place->cpu_version) + place->cpu + " " + version(place->memory_version) +
         place->memory;
}

TEST(CgroupUsage, TheDirectoriesFollowFromGroupAndMount) {
  struct Row {
    std::string_view cgroup;
    std::string_view mounts;
    std::string_view expected;
  };
  const Row rows[] = {
      {"9:name=systemd:/docker/0a\n4:memory:/docker/0a\n2:cpu,cpuacct:/docker/0a\n0::/\n",
       kMountsV1, "1 /sys/fs/cgroup/cpu,cpuacct/docker/0a 1 /sys/fs/cgroup/memory/docker/0a"},
      {"0::/system.slice/docker-0a.scope\n", kMountsV2,
       "2 /sys/fs/cgroup/system.slice/docker-0a.scope "
       "2 /sys/fs/cgroup/system.slice/docker-0a.scope"},
      {"0::/\n", kMountsV2, "2 /sys/fs/cgroup 2 /sys/fs/cgroup"},
      // Only one controller in a tree of version 1.
      {"4:memory:/docker/0a\n0::/docker/0a\n", kMountsV1,
       "2 /sys/fs/cgroup/unified/docker/0a 1 /sys/fs/cgroup/memory/docker/0a"},
      // In a container that sees its own part of the host's tree.
      {"0::/docker/me/child\n", "35 23 0:30 /docker/me /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
       "2 /sys/fs/cgroup/child 2 /sys/fs/cgroup/child"},
      {"0::/docker/meme\n", "35 23 0:30 /docker/me /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
       "no mounted control group of controller cpuacct is visible"},
      {"0::/../0a\n", kMountsV2, "no mounted control group of controller cpuacct is visible"},
      {"2:cpuacct:/docker/0a\n", kMountsV1,
       "no mounted control group of controller memory is visible"},
      {"0::/a b\n", "35 23 0:30 / /a\\040dir rw - cgroup2 cgroup2 rw\n",
       "2 /a dir/a b 2 /a dir/a b"},
      {"", kMountsV2, "no mounted control group of controller cpuacct is visible"},
      {"nonsense\n::\n:", kMountsV1, "no mounted control group of controller cpuacct is visible"},
      {"0::/x\n", "- \n35 23 - cgroup2\n",
       "no mounted control group of controller cpuacct is visible"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(shown(find_cgroup(row.cgroup, row.mounts)), row.expected) << row.cgroup;
  }
}

TEST(CgroupUsage, BothVersionsAreRead) {
  EXPECT_EQ(parse_cpu_ns(CgroupVersion::v1, "1234567890\n"), 1234567890u);
  EXPECT_EQ(parse_cpu_ns(CgroupVersion::v2, "usage_usec 1500\nuser_usec 9\nnr_periods 0\n"),
            1'500'000u);
  EXPECT_FALSE(parse_cpu_ns(CgroupVersion::v1, "usage_usec 1500\n"));
  EXPECT_FALSE(parse_cpu_ns(CgroupVersion::v1, ""));
  EXPECT_FALSE(parse_cpu_ns(CgroupVersion::v2, "1234\n"));
  EXPECT_EQ(parse_memory_bytes(CgroupVersion::v1, "9000\n",
                               "cache 1\ninactive_file 7\ntotal_inactive_file 4000\n"),
            5000u);
  EXPECT_EQ(parse_memory_bytes(CgroupVersion::v2, "9000\n", "anon 1\ninactive_file 1000\n"), 8000u);
  EXPECT_EQ(parse_memory_bytes(CgroupVersion::v2, "9000\n", ""), 9000u);
  EXPECT_EQ(parse_memory_bytes(CgroupVersion::v2, "10\n", "inactive_file 1000\n"), 0u)
      << "the two are not read at the same instant";
  EXPECT_FALSE(parse_memory_bytes(CgroupVersion::v2, "many\n", ""));
  EXPECT_EQ(parse_memory_max("max\n"), 0u);
  EXPECT_EQ(parse_memory_max("9223372036854771712\n"), 0u);
  EXPECT_EQ(parse_memory_max("67108864\n"), 67108864u);
  EXPECT_FALSE(parse_memory_max("-1\n"));
}

class CgroupFiles : public testing::Test {
 protected:
  CgroupFiles() {
    char path[] = "/tmp/weir-cgroup-XXXXXX";
    place_.cpu = place_.memory = directory_ = ::mkdtemp(path);
  }
  ~CgroupFiles() override { std::filesystem::remove_all(directory_); }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(directory_ + "/" + name) << text;
  }

  std::string directory_;
  CgroupPlace place_;
};

TEST_F(CgroupFiles, AReaderSeesWhatIsWrittenLater) {
  place_.cpu_version = CgroupVersion::v1;
  write("cpuacct.usage", "100\n");
  write("memory.current", "5000\n");
  write("memory.stat", "inactive_file 1000\n");
  write("memory.max", "max\n");
  const auto reader = CgroupReader::open(place_);
  ASSERT_TRUE(reader) << reader.error().detail();
  EXPECT_EQ(reader->read(), (CgroupUsage{100, 4000, 0}));
  write("cpuacct.usage", "2500\n");
  write("memory.max", "8192\n");
  EXPECT_EQ(reader->read(), (CgroupUsage{2500, 4000, 8192}));
  write("memory.current", "");
  EXPECT_EQ(reader->read().error().code(), base::Errc::bad_message);
}

TEST_F(CgroupFiles, AMissingFileIsNotFoundAndSaysWhich) {
  write("cpu.stat", "usage_usec 1\n");
  const auto reader = CgroupReader::open(place_);
  ASSERT_FALSE(reader);
  EXPECT_EQ(reader.error().code(), base::Errc::not_found);
  EXPECT_TRUE(reader.error().detail().find("memory.current") != std::string_view::npos);
}

TEST(CgroupUsage, AProcessOfAnotherGroupIsRefused) {
  const auto reader = CgroupReader::open_of(::getpid(), "0a1b2c3d4e5f");
  ASSERT_FALSE(reader);
  const auto code = reader.error().code();  // not_found where no cgroups are mounted
  EXPECT_TRUE(code == base::Errc::conflict || code == base::Errc::not_found);
  EXPECT_EQ(CgroupReader::open_of(0, "").error().code(), base::Errc::not_found);
}

}  // namespace cgroup_usage_test
}  // namespace weir::supervise
