#include "simulate/words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "simulate/worlds.hpp"

namespace weir::simulate {
namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t comma = text.find(',');
    out.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

std::string meant(std::string_view word, const std::vector<std::string_view>& known) {
  if (word.size() < 2) return {};  // every letter is near to every other
  const std::string_view near = base::nearest(word, known);
  return near.empty() ? std::string() : fmt::format(" (did you mean {}?)", near);
}

std::unexpected<std::string> no_world(std::string_view word) {
  std::vector<std::string_view> known = {"all"};
  for (const WorldName& each : world_names()) known.push_back(each.name);
  return std::unexpected(fmt::format("there is no world '{}'{}; weir simulate --list shows them",
                                     word, meant(word, known)));
}

std::unexpected<std::string> no_algorithm(std::string_view word) {
  const std::vector<std::string_view> known(balance::kAlgorithmNames.begin(),
                                            balance::kAlgorithmNames.end());
  return std::unexpected(fmt::format("there is no algorithm '{}'{}; they are {}", word,
                                     meant(word, known), fmt::join(known, ", ")));
}

template <class Value>
void add_once(std::vector<Value>& to, Value value) {
  if (std::ranges::find(to, value) == to.end()) to.push_back(value);
}

}  // namespace

Understood<std::vector<char>> parse_worlds(std::string_view text) {
  std::vector<char> out;
  for (const std::string_view word : split(text)) {
    if (word == "all") {
      for (const WorldName& each : world_names()) add_once(out, each.letter);
      continue;
    }
    const auto letter = world_letter(word);
    if (!letter) return no_world(word);
    add_once(out, *letter);
  }
  return out;
}

Understood<std::vector<balance::Algorithm>> parse_algorithms(std::string_view text) {
  std::vector<balance::Algorithm> out;
  for (const std::string_view word : split(text)) {
    if (word == "all") {
      for (std::size_t i = 0; i < balance::kAlgorithmNames.size(); ++i) {
        add_once(out, static_cast<balance::Algorithm>(i));
      }
      continue;
    }
    const auto algorithm = balance::parse_algorithm(word);
    if (!algorithm) return no_algorithm(word);
    add_once(out, *algorithm);
  }
  return out;
}

Understood<std::vector<balance::Algorithm>> parse_arms(std::string_view text) {
  auto out = parse_algorithms(text);
  if (!out) return out;
  if (std::ranges::find(*out, balance::Algorithm::adaptive) != out->end()) {
    return std::unexpected("adaptive chooses among arms and cannot be one");
  }
  if (out->size() < 2) return std::unexpected("adaptive needs two arms or more, all different");
  return out;
}

}  // namespace weir::simulate
