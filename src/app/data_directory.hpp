#pragma once
// DataDirectory: where an instance keeps what survives it, and who uses it now. `weir.lock` is held
// by an flock for the life of the process and says whose it is: {"pid", "admin", "gateway"}.

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"

namespace weir::app {

/// What a lock file says.
struct RunningInstance {
  int pid = 0;
  std::string admin;  ///< "127.0.0.1:9900"
  std::string gateway;
};

class DataDirectory {
 public:
  /// Makes it when missing. Fails: conflict, naming the owner's pid, when another process uses it.
  static base::Result<std::unique_ptr<DataDirectory>> open(const std::string& path);
  /// Unlocks; the directory and its contents stay.
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  void publish(const std::string& admin, const std::string& gateway);
  const std::string& path() const noexcept { return path_; }

 private:
  DataDirectory(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  std::string path_;
  int fd_;
};

/// The instance that uses the directory now, if one does.
std::optional<RunningInstance> find_running(const std::string& path);

}  // namespace weir::app
