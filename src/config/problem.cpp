#include "config/problem.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/text.hpp"
#include "config/mask.hpp"

namespace weir::config {
namespace {

constexpr std::size_t kWordMax = 64;
constexpr std::size_t kWordsShown = 12;

void keep_first(std::vector<Problem>& list) {
  std::ranges::sort(list, {}, [](const Problem& problem) {
    return std::tie(problem.line, problem.column, problem.message);
  });
  list.erase(std::unique(list.begin(), list.end()), list.end());
  if (list.size() > kProblemsMax) list.resize(kProblemsMax);
}

}  // namespace

// A file's bytes reach a terminal through messages: control bytes must not.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string to_text(const Problem& problem) {
  if (problem.line == 0) return fmt::format("{}: {}", problem.file, problem.message);
  return fmt::format("{}:{}:{}: {}", problem.file, problem.line, problem.column, problem.message);
}

std::string suggest(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kWordMax) return {};
  if (const auto near = base::nearest(word, candidates); !near.empty()) return std::string(near);
  std::string_view only;
  for (const std::string_view candidate : candidates) {
    const std::size_t shared = std::min(word.size(), candidate.size());
    if (shared < 3) continue;
    if (!base::equals_ignore_case(word.substr(0, shared), candidate.substr(0, shared))) continue;
    if (!only.empty()) return {};
    only = candidate;
  }
  return std::string(only);
}

std::string_view clipped(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

std::string list_words(std::span<const std::string_view> words) {
  const bool cut = words.size() > kWordsShown;
  const auto shown = words.first(std::min(words.size(), kWordsShown));
  return fmt::format("{}{}", fmt::join(shown, ", "), cut ? ", ..." : "");
}

int Problems::add_layer(std::string name) {
  layers_.push_back(std::move(name));
  return static_cast<int>(layers_.size());
}

void Problems::error(Place place, std::string_view message, std::string_view suggestion) {
  add(errors_, place, message, suggestion);
}

void Problems::error(Place place, std::string_view key, const Fault& fault) {
  add(errors_, place, fmt::format("{}: {}", key, fault.message), fault.suggestion);
}

void Problems::warning(Place place, std::string_view message, std::string_view suggestion) {
  add(warnings_, place, message, suggestion);
}

std::vector<Problem> Problems::take_errors() {
  keep_first(errors_);
  return std::exchange(errors_, {});
}

std::vector<Problem> Problems::take_warnings() {
  keep_first(warnings_);
  return std::exchange(warnings_, {});
}

void Problems::add(std::vector<Problem>& list, Place place, std::string_view message,
                   std::string_view suggestion) {
  const std::string shown = masked(message);
  std::string text = printable(clipped(shown, kMessageMax));
  if (shown.size() > kMessageMax) text += "...";
  if (!suggestion.empty() && suggestion.size() <= 2 * kWordMax) {
    text += fmt::format(" (did you mean {}?)", printable(masked(suggestion)));
  }
  const auto layer = static_cast<std::size_t>(place.layer);
  if (layer == 0) {
    list.push_back({file_, place.line, place.column, std::move(text)});
  } else if (layer <= layers_.size()) {
    list.push_back({layers_[layer - 1], 0, 0, std::move(text)});
  }
  ++added_;
  if (list.size() >= 4 * kProblemsMax) keep_first(list);
}

}  // namespace weir::config
