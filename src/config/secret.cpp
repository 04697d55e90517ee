#include "config/secret.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "config/file.hpp"
#include "config/mask.hpp"
#include "config/text_rule.hpp"

namespace weir::config {
namespace {

Parsed<std::string> read_secret_file(const std::string& name, const std::string& folder) {
  const auto fails = [](std::string why, std::string near = {}) {
    return std::unexpected(Fault{std::move(why), std::move(near)});
  };
  if (folder.empty()) return fails("only a configuration that is a file itself can name one");
  const std::string path = (std::filesystem::path(folder) / name).string();
  auto text = read_regular_file(path, kSecretFileMax);
  if (!text && text.error() == 0) return fails(fmt::format("{} is not a file", path));
  if (!text) {
    return fails(fmt::format("cannot read {}: {}", path, std::strerror(text.error())),
                 text.error() == ENOENT ? neighbour(path, {}) : std::string());
  }
  if (text->size() > kSecretFileMax) return fails(fmt::format("{} is larger than 64 KiB", path));
  if (text->ends_with('\n')) text->pop_back();
  if (text->ends_with('\r')) text->pop_back();
  if (text->empty()) return fails(fmt::format("{} is empty", path));
  return *std::move(text);
}

Parsed<std::string> read_variable(const std::string& name, const Environment& environment) {
  const auto found = environment.find(name);
  if (found != environment.end() && !found->second.empty()) return found->second;
  std::vector<std::string_view> names;
  for (const auto& [each, value] : environment) names.push_back(each);
  const bool is_set = found != environment.end();
  return std::unexpected(Fault{
      fmt::format("the environment variable {} is {}", clipped(name), is_set ? "empty" : "not set"),
      is_set ? std::string() : suggest(name, names)});
}

}  // namespace

void fetch_secrets(Settings& settings, const Node& root, const std::string& folder,
                   const Environment* environment, Problems& problems) {
  Admin& admin = settings.admin;
  const SecretPlace& from = admin.store_from;
  const bool is_file = from.kind == SecretPlace::Kind::file;
  if (from.kind == SecretPlace::Kind::here) {
    if (!admin.store.contains(kMask) || masked(admin.store) != admin.store) return;
    problems.warning(place_of(root, {"admin", "store"}),
                     "store: *** stands where --effective hid a password; write { env: NAME } or "
                     "{ file: PATH } instead");
    return;
  }
  if (!is_file && environment == nullptr) return;
  const Place place = place_of(root, {"admin", "store", is_file ? "file" : "env"});
  auto text =
      is_file ? read_secret_file(from.name, folder) : read_variable(from.name, *environment);
  if (!text) return problems.error(place, "store", text.error());
  auto store = kStore.read(*text);
  if (store) {
    admin.store = *std::move(store);
    return;
  }
  problems.error(place, fmt::format("store: what is in {}: {}", from.name, store.error().message));
}

}  // namespace weir::config
