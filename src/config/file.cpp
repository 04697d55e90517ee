#include "config/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "config/problem.hpp"

namespace weir::config {
namespace {

constexpr std::size_t kNeighboursMax = 1000;  // entries of a folder looked at for a suggestion

std::expected<std::string, int> read_all(int descriptor, std::size_t bytes_max) {
  std::string text;
  char buffer[64 * 1024];
  while (text.size() <= bytes_max) {
    const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(errno);
    if (got == 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

std::expected<std::string, int> open_and_read(const std::string& path, std::size_t bytes_max,
                                              bool only_regular) {
  // Not blocking: to open a pipe that nobody writes to would wait for ever.
  const int descriptor =
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | (only_regular ? O_NONBLOCK : 0));
  if (descriptor < 0) return std::unexpected(errno);
  struct stat status{};
  const bool fits = !only_regular || (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode));
  auto text = fits ? read_all(descriptor, bytes_max) : std::unexpected(0);
  ::close(descriptor);
  return text;
}

}  // namespace

std::expected<std::string, int> read_file(const std::string& path, std::size_t bytes_max) {
  return open_and_read(path, bytes_max, false);
}

std::expected<std::string, int> read_regular_file(const std::string& path, std::size_t bytes_max) {
  return open_and_read(path, bytes_max, true);
}

std::string neighbour(const std::string& path, std::initializer_list<std::string_view> suffixes) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path wanted(path);
  const fs::path folder = wanted.has_parent_path() ? wanted.parent_path() : fs::path(".");
  std::vector<std::string> names;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    std::string name = it->path().filename().string();
    const bool fits = suffixes.size() == 0 || std::ranges::any_of(suffixes, [&](auto suffix) {
                        return name.ends_with(suffix);
                      });
    if (fits) names.push_back(std::move(name));
    if (names.size() == kNeighboursMax) break;
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string near = suggest(wanted.filename().string(), views);
  return near.empty() ? near : (wanted.has_parent_path() ? (folder / near).string() : near);
}

}  // namespace weir::config
