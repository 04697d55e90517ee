#include "config/answer_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include "config/address.hpp"
#include "config/file.hpp"

namespace weir::config {
namespace {

Parsed<std::string> read_body(const std::string& path, std::string_view written) {
  auto text = read_regular_file(path, kAnswerFileMax);
  if (!text && text.error() == 0) {
    return std::unexpected(Fault{fmt::format("{} is not a file", path), {}});
  }
  if (!text) {
    std::string near = text.error() == ENOENT ? neighbour(path, {}) : std::string();
    // As the author wrote it: without the folder that weir put in front.
    if (near.size() > path.size() - written.size() && path.ends_with(written)) {
      near.erase(0, path.size() - written.size());
    }
    return std::unexpected(
        Fault{fmt::format("cannot read {}: {}", path, std::strerror(text.error())), near});
  }
  if (text->size() > kAnswerFileMax) {
    return std::unexpected(Fault{fmt::format("{} is larger than 1 MiB", path), {}});
  }
  return *std::move(text);
}

}  // namespace

void read_answer_files(Settings& settings, const Node& root, const std::string& folder,
                       Problems& problems) {
  std::map<std::string, Parsed<std::string>> bodies;
  std::size_t total = 0;
  for (std::size_t i = 0; i < settings.routes.size(); ++i) {
    auto& fallback = settings.routes[i].fallback;
    if (!fallback || !fallback->answer || fallback->answer->file.empty()) continue;
    StaticAnswer& answer = *fallback->answer;
    const Place place = place_of(root, {"routes", i, "fallback", "static", "file"});
    if (folder.empty()) {
      problems.error(place, "file: only a configuration that is a file itself can name one");
      continue;
    }
    const std::string path = (std::filesystem::path(folder) / answer.file).string();
    auto at = bodies.find(answer.file);
    if (at == bodies.end()) at = bodies.emplace(answer.file, read_body(path, answer.file)).first;
    if (!at->second) {
      problems.error(place, "file", at->second.error());
      continue;
    }
    total += at->second->size();
    if (total > kAnswerFilesMax) {
      problems.error(place, "file: the files of all routes together are larger than 64 MiB");
      return;
    }
    answer.body = *at->second;
  }
}

}  // namespace weir::config
