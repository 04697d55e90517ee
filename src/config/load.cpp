#include "config/load.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <expected>
#include <filesystem>
#include <utility>

#include "config/document.hpp"
#include "config/reader.hpp"
#include "config/source.hpp"
#include "config/validate.hpp"

namespace weir::config {
namespace {

constexpr std::size_t kNeighboursMax = 1000;  // entries of a folder looked at for a suggestion

// The text, or errno. Stops after kSourceMax + 1 bytes: parse_document refuses that.
std::expected<std::string, int> read_all(int descriptor) {
  std::string text;
  char buffer[64 * 1024];
  while (text.size() <= kSourceMax) {
    const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(errno);
    if (got == 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

std::expected<std::string, int> read_file(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::unexpected(errno);
  auto text = read_all(descriptor);
  ::close(descriptor);
  return text;
}

// The YAML file of the same folder whose name is nearest.
std::string neighbour(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path wanted(path);
  const fs::path folder = wanted.has_parent_path() ? wanted.parent_path() : fs::path(".");
  std::vector<std::string> names;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const fs::path name = it->path().filename();
    if (name.extension() != ".yaml" && name.extension() != ".yml") continue;
    names.push_back(name.string());
    if (names.size() == kNeighboursMax) break;
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string near = suggest(wanted.filename().string(), views);
  return near.empty() ? near : (wanted.has_parent_path() ? (folder / near).string() : near);
}

// What several keys of a service decide together.
void settle(Settings& settings, const Node& root) {
  const Node* services = root.find("services");
  for (std::size_t i = 0; i < settings.services.size(); ++i) {
    settings.services[i].number = static_cast<std::uint32_t>(i + 1);
    if (!lists_process(services->members[i].value)) settings.services[i].process.reset();
  }
}

LoadResult result_of(std::shared_ptr<Settings> settings, Problems& problems) {
  LoadResult result{std::move(settings), problems.take_errors(), problems.take_warnings()};
  if (!result.problems.empty()) result.settings.reset();
  return result;
}

}  // namespace

LoadResult load_text(std::string_view text, std::string name) {
  Problems problems(std::move(name));
  const std::optional<Node> root = parse_document(text, problems);
  if (!root) return result_of(nullptr, problems);
  auto settings = std::make_shared<Settings>();
  Reader reader(*root, "the file", problems);
  describe(reader, *settings);
  reader.finish();
  validate(*settings, *root, problems);
  settle(*settings, *root);
  return result_of(std::move(settings), problems);
}

LoadResult load_file(const std::string& path) {
  const auto text = read_file(path);
  if (text) return load_text(*text, path);
  Problems problems(path);
  problems.error({1, 1}, fmt::format("cannot read: {}", std::strerror(text.error())),
                 text.error() == ENOENT ? neighbour(path) : std::string());
  return result_of(nullptr, problems);
}

std::string to_text(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& problem : problems) out += to_text(problem) + "\n";
  return out;
}

}  // namespace weir::config
