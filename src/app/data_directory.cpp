#include "app/data_directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/json.hpp"

namespace weir::app {
namespace {

std::string lock_path(const std::string& directory) { return directory + "/weir.lock"; }

std::optional<RunningInstance> read_lock(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const auto parsed = base::parse_json(text.str());
  if (!parsed || !parsed->is_object()) return std::nullopt;
  RunningInstance out;
  const auto& object = parsed->get_object();
  if (const auto* pid = object.if_contains("pid"); pid != nullptr && pid->is_int64()) {
    out.pid = static_cast<int>(pid->get_int64());
  }
  const auto take = [&](const char* key, std::string& into) {
    const auto* value = object.if_contains(key);
    if (value != nullptr && value->is_string()) into = value->get_string().c_str();
  };
  take("admin", out.admin);
  take("gateway", out.gateway);
  return out;
}

void write_all(int fd, const std::string& text) {
  [[maybe_unused]] const int cut = ::ftruncate(fd, 0);
  [[maybe_unused]] const auto written = ::pwrite(fd, text.data(), text.size(), 0);
}

}  // namespace

base::Result<std::unique_ptr<DataDirectory>> DataDirectory::open(const std::string& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code) {
    return base::fail(base::Errc::system,
                      fmt::format("cannot make the data directory {}: {}", path, code.message()));
  }
  const std::string lock = lock_path(path);
  const int fd = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return base::Fail(base::Error::from_errno(errno, "open " + lock));
  // `weir status` and its like hold a shared lock for an instant to see whether anybody is here.
  bool taken = false;
  for (int tries = 0; tries < 20 && !taken; ++tries) {
    taken = ::flock(fd, LOCK_EX | LOCK_NB) == 0;
    if (!taken && read_lock(lock)) break;  // an owner wrote its name there
    if (!taken) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  if (!taken) {
    ::close(fd);
    const auto owner = read_lock(lock);
    return base::fail(
        base::Errc::conflict,
        fmt::format("the data directory {} is in use by pid {}; stop it, or choose another with "
                    "--data DIR",
                    path, owner ? owner->pid : 0));
  }
  write_all(fd, fmt::format("{{\"pid\":{}}}\n", ::getpid()));
  return std::unique_ptr<DataDirectory>(new DataDirectory(path, fd));
}

void DataDirectory::publish(const std::string& admin, const std::string& gateway) {
  write_all(fd_, fmt::format("{{\"pid\":{},\"admin\":\"{}\",\"gateway\":\"{}\"}}\n", ::getpid(),
                             admin, gateway));
}

DataDirectory::~DataDirectory() {
  write_all(fd_, "");
  ::close(fd_);
}

std::optional<RunningInstance> find_running(const std::string& path) {
  const std::string lock = lock_path(path);
  const int fd = ::open(lock.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  const bool free = ::flock(fd, LOCK_SH | LOCK_NB) == 0;
  ::close(fd);
  if (free) return std::nullopt;
  return read_lock(lock);
}

}  // namespace weir::app
