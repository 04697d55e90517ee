#include "config/scalar_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.hpp"
#include "config/text_rule.hpp"

namespace weir::config {
namespace {

constexpr std::uint64_t kMillion = 1'000'000;
constexpr std::size_t kWholeDigitsMax = 9;  // millionths stay below 2^53, where doubles are exact
constexpr std::size_t kFractionDigitsMax = 6;

std::uint64_t millionths_of(double value) noexcept {
  return value > 0 ? static_cast<std::uint64_t>(std::llround(value)) : 0;
}

// Other products' words for a key, and what they are here.
struct KeyWord {
  std::string_view theirs;
  std::string_view ours;
};
constexpr std::array kKeyWords = {
    KeyWord{"ip", "client_ip"},
    KeyWord{"source_ip", "client_ip"},
    KeyWord{"source", "client_ip"},
    KeyWord{"client", "client_ip"},
    KeyWord{"remote_addr", "client_ip"},
    KeyWord{"uri", "path"},
    KeyWord{"url", "path"},
    KeyWord{"header", "header:x-user"},
    KeyWord{"cookie", "cookie:session"},
};

std::string meant_key(std::string_view text) {
  const std::size_t colon = std::min(text.find_first_of(":=_ "), text.size());
  std::string kind(text.substr(0, colon));
  std::ranges::transform(kind, kind.begin(), base::ascii_lower);
  std::string_view name = text.substr(std::min(colon + 1, text.size()));
  while (name.starts_with(' ')) name.remove_prefix(1);
  if ((kind == "header" || kind == "cookie") && kCookieName.read(name)) {
    return fmt::format("{}:{}", kind, name);
  }
  for (const KeyWord& word : kKeyWords) {
    if (base::equals_ignore_case(word.theirs, text)) return std::string(word.ours);
  }
  constexpr std::array<std::string_view, 2> kWords = {"client_ip", "path"};
  if (std::string near = suggest(text, kWords); !near.empty()) return near;
  const bool is_field = text.contains('-') && kCookieName.read(text);
  return is_field ? fmt::format("header:{}", text) : std::string();
}

}  // namespace

std::optional<std::uint64_t> parse_millionths(std::string_view text) noexcept {
  const std::size_t dot = std::min(text.find('.'), text.size());
  const auto whole = base::parse_uint(text.substr(0, dot));
  if (!whole || dot > kWholeDigitsMax) return std::nullopt;
  if (dot == text.size()) return *whole * kMillion;
  const std::string_view digits = text.substr(dot + 1);
  auto fraction = base::parse_uint(digits);
  if (!fraction || digits.size() > kFractionDigitsMax) return std::nullopt;
  for (std::size_t i = digits.size(); i < kFractionDigitsMax; ++i) *fraction *= 10;
  return *whole * kMillion + *fraction;
}

std::string format_millionths(std::uint64_t millionths) {
  std::string out = fmt::format("{}.{:06}", millionths / kMillion, millionths % kMillion);
  out.resize(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

double share_of(std::uint64_t millionths) noexcept {
  return static_cast<double>(millionths) / (100.0 * kMillion);
}

double decimal_of(std::uint64_t millionths) noexcept {
  return static_cast<double>(millionths) / static_cast<double>(kMillion);
}

std::string share_text(double share) {
  return format_millionths(millionths_of(share * 100 * kMillion)) + "%";
}

std::string decimal_text(double value) {
  return format_millionths(millionths_of(value * kMillion));
}

std::string per_second_text(double rate) { return decimal_text(rate) + "/s"; }

Parsed<HashKey> parse_hash_key(std::string_view text) {
  if (text == "client_ip") return HashKey{HashKey::Source::client_ip, {}};
  if (text == "path") return HashKey{HashKey::Source::path, {}};
  for (const auto& [prefix, source] :
       {std::pair<std::string_view, HashKey::Source>{"header:", HashKey::Source::header},
        {"cookie:", HashKey::Source::cookie}}) {
    if (!text.starts_with(prefix)) continue;
    auto name = kCookieName.read(text.substr(prefix.size()));
    if (!name) break;
    if (source == HashKey::Source::header) {
      std::ranges::transform(*name, name->begin(), base::ascii_lower);
    }
    return HashKey{source, *std::move(name)};
  }
  return std::unexpected(Fault{
      fmt::format("'{}' is none of client_ip, path, header:NAME and cookie:NAME", clipped(text)),
      meant_key(text)});
}

std::string to_text(const HashKey& key) {
  switch (key.source) {
    case HashKey::Source::none:
      break;
    case HashKey::Source::client_ip:
      return "client_ip";
    case HashKey::Source::path:
      return "path";
    case HashKey::Source::header:
      return "header:" + key.name;
    case HashKey::Source::cookie:
      return "cookie:" + key.name;
  }
  return {};
}

std::vector<std::string_view> cause_words(balance::CauseSet causes) {
  std::vector<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(balance::Cause::client_gone); ++i) {
    const auto cause = static_cast<balance::Cause>(i);
    const std::string_view word = balance::name(cause);
    if (causes.has(cause) && balance::cause_named(word) == cause) words.push_back(word);
  }
  return words;
}

std::vector<std::string_view> every_cause_word() {
  balance::CauseSet every;
  for (int i = 0; i <= static_cast<int>(balance::Cause::client_gone); ++i) {
    every.add(static_cast<balance::Cause>(i));
  }
  return cause_words(every);
}

bool is_status_word(std::string_view word) noexcept { return base::parse_uint(word).has_value(); }

}  // namespace weir::config
