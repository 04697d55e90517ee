#include "config/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "config/answer_file.hpp"
#include "config/document.hpp"
#include "config/file.hpp"
#include "config/reader.hpp"
#include "config/secret.hpp"
#include "config/source.hpp"
#include "config/validate.hpp"
#include "config/validate_registered.hpp"

namespace weir::config {
namespace {

// What several keys of a service decide together.
void settle(Settings& settings, const Node& root) {
  const Node* services = root.find("services");
  for (std::size_t i = 0; i < settings.services.size(); ++i) {
    Service& service = settings.services[i];
    service.number = static_cast<std::uint32_t>(i + 1);
    const Node& node = services->members[i].value;
    if (!lists_process(node)) service.process.reset();
    if (service.docker && service.docker->label.empty()) {
      service.docker->label = "weir.service=" + service.name;
    }
    const bool is_scaled = service.scaling && service.scaling->driver == ScalingDriver::process;
    if (service.process && is_scaled && !is_written(node, {"process", "replicas"})) {
      service.process->replicas = std::max(service.process->replicas, service.scaling->min);
    }
    Balance& balance = service.balance;
    if (balance.algorithm == balance::Algorithm::adaptive && balance.arms.empty()) {
      balance.arms.assign(kDefaultArms.begin(), kDefaultArms.end());
    }
  }
}

// Where relative names of the file start. A pipe (/dev/fd/63) has no neighbours: the working
// folder.
std::string folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const bool is_pipe = path.starts_with("/dev/") || path.starts_with("/proc/");
  return folder.empty() || is_pipe ? "." : folder.string();
}

LoadResult result_of(std::shared_ptr<Settings> settings, Problems& problems) {
  LoadResult result{.settings = std::move(settings),
                    .problems = problems.take_errors(),
                    .warnings = problems.take_warnings()};
  if (!result.problems.empty()) result.settings.reset();
  return result;
}

// Where a value of the overlay is from is the change, not the path that messages name.
std::vector<std::string> layers_of(const Problems& problems, std::size_t first,
                                   const std::vector<std::string>& origins) {
  std::vector<std::string> layers = problems.layers();
  for (std::size_t i = 0; i < origins.size(); ++i) layers[first + i] = origins[i];
  return layers;
}

LoadResult read_all(const LoadedText& from, const Environment* environment,
                    std::span<const OverlayEntry> entries) {
  Problems problems(from.name);
  std::optional<Node> root = parse_document(from.text, problems);
  if (!root) return result_of(nullptr, problems);
  Surroundings surroundings;
  if (environment != nullptr) surroundings = apply_environment(*root, *environment, problems);
  const std::size_t first_layer = problems.layers().size();
  OverlayOutcome overlay = apply_overlay(*root, entries, problems);
  auto settings = std::make_shared<Settings>();
  Reader reader(*root, "the file", problems);
  describe(reader, *settings);
  reader.finish();
  for (Service& service : settings->services) {
    service.registered = std::ranges::count(overlay.registered, service.name) > 0;
  }
  validate(*settings, *root, problems);
  validate_registered(*settings, *root, problems);
  read_answer_files(*settings, *root, from.folder, problems);
  fetch_secrets(*settings, *root, from.folder, environment, problems);
  settle(*settings, *root);
  LoadResult result = result_of(std::move(settings), problems);
  result.ended = std::move(overlay.ended);
  if (result.settings == nullptr) return result;
  result.sources = std::make_shared<const Sources>(
      from.name, *std::move(root), layers_of(problems, first_layer, overlay.origins));
  result.surroundings = std::move(surroundings);
  return result;
}

}  // namespace

LoadResult load_text(std::string_view text, std::string name, const std::string& folder,
                     const Environment* environment, std::span<const OverlayEntry> overlay) {
  LoadedText from{std::string(text), std::move(name), folder};
  LoadResult result = read_all(from, environment, overlay);
  result.from = std::move(from);
  return result;
}

LoadResult load_file(const std::string& path, const Environment* environment,
                     std::span<const OverlayEntry> overlay) {
  const auto text = read_file(path, kSourceMax);
  if (text) return load_text(*text, path, folder_of(path), environment, overlay);
  Problems problems(path);
  problems.error({1, 1}, fmt::format("cannot read: {}", std::strerror(text.error())),
                 text.error() == ENOENT ? neighbour(path, {".yaml", ".yml"}) : std::string());
  return result_of(nullptr, problems);
}

std::string to_text(const std::vector<Problem>& problems) {
  std::string out;
  for (const Problem& problem : problems) out += to_text(problem) + "\n";
  return out;
}

}  // namespace weir::config
