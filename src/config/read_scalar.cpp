// Reader: numbers, units, booleans and choices.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "config/reader.hpp"

namespace weir::config {
namespace {

constexpr std::string_view kDurationExpected = "a duration such as 250ms, 10s or 5m";
constexpr std::string_view kSizeExpected = "a size such as 512B, 64KiB or 10MiB";

// Units of other products, and what they are here.
struct Spelling {
  std::string_view theirs;
  std::string_view ours;
};
constexpr std::array kTimeSpellings = {
    Spelling{"msec", "ms"},  Spelling{"millis", "ms"}, Spelling{"sec", "s"}, Spelling{"secs", "s"},
    Spelling{"second", "s"}, Spelling{"seconds", "s"}, Spelling{"min", "m"}, Spelling{"mins", "m"},
    Spelling{"minute", "m"}, Spelling{"minutes", "m"}, Spelling{"hr", "h"},  Spelling{"hour", "h"},
    Spelling{"hours", "h"},  Spelling{"days", "d"},    Spelling{"day", "d"},
};
constexpr std::array kSizeSpellings = {
    Spelling{"k", "KiB"},   Spelling{"kb", "KiB"}, Spelling{"kib", "KiB"}, Spelling{"ki", "KiB"},
    Spelling{"m", "MiB"},   Spelling{"mb", "MiB"}, Spelling{"mib", "MiB"}, Spelling{"mi", "MiB"},
    Spelling{"g", "GiB"},   Spelling{"gb", "GiB"}, Spelling{"gib", "GiB"}, Spelling{"gi", "GiB"},
    Spelling{"bytes", "B"}, Spelling{"byte", "B"},
};

// "10 sec" → "10s", "10" → "10" + `bare_unit`; empty if it is no number with a known spelling.
std::string respelled(std::string_view text, std::span<const Spelling> spellings,
                      std::string_view bare_unit) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view number = text.substr(0, end);
  if (number.empty() || number.size() > 20) return {};
  std::string unit;
  for (const char c : text.substr(end)) {
    if (c != ' ') unit += base::ascii_lower(c);
  }
  if (unit.empty()) return fmt::format("{}{}", number, bare_unit);
  for (const Spelling& spelling : spellings) {
    if (spelling.theirs == unit) return fmt::format("{}{}", number, spelling.ours);
    if (base::equals_ignore_case(spelling.ours, unit)) {
      return fmt::format("{}{}", number, spelling.ours);
    }
  }
  return {};
}

std::string detail(const base::Error& error, std::string_view text, std::string_view expected) {
  if (text.size() <= 40) return std::string(error.detail());
  return fmt::format("expected {}, found '{}...'", expected, clipped(text));
}

}  // namespace

void Reader::boolean(const Row& row, bool& value) {
  const Node* node = take(row);
  if (node == nullptr) return;
  if (node->shape == Shape::scalar && core_type(*node) == Core::boolean) {
    value = base::ascii_lower(node->text.front()) == 't';
    return;
  }
  const auto is_any = [&](std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words,
                               [&](auto w) { return base::equals_ignore_case(w, node->text); });
  };
  const bool yes = is_any({"yes", "y", "on", "true", "1"});
  const bool no = is_any({"no", "n", "off", "false", "0"});
  expected(*node, row.key, "true or false without quotes", yes ? "true" : no ? "false" : "");
}

std::optional<std::uint64_t> Reader::whole_number(const Node& node, std::string_view key) {
  const auto number = base::parse_uint(node.text);
  if (node.shape == Shape::scalar && core_type(node) == Core::integer && number) return number;
  const bool meant = node.shape == Shape::scalar && number;
  expected(node, key, "a whole number", meant ? std::string_view(node.text) : std::string_view());
  return std::nullopt;
}

void Reader::count(const Row& row, std::uint32_t& value, CountRange range) {
  const Node* node = take(row);
  const auto number = node ? whole_number(*node, row.key) : std::nullopt;
  if (!number) return;
  if (*number >= range.min && *number <= range.max) {
    value = static_cast<std::uint32_t>(*number);
  } else if (range.min == range.max) {
    problems_.error(node->place, fmt::format("{}: this weir reads {} only", row.key, range.min));
  } else {
    problems_.error(node->place, fmt::format("{}: {} is not from {} to {}", row.key, *number,
                                             range.min, range.max));
  }
}

void Reader::port(const Row& row, std::uint16_t& value) {
  std::uint32_t number = value;
  count(row, number, {1, 65535});
  value = static_cast<std::uint16_t>(number);
}

void Reader::one_of(const Row& row, std::uint32_t& value, std::span<const std::uint32_t> allowed) {
  const Node* node = take(row);
  const auto number = node ? whole_number(*node, row.key) : std::nullopt;
  if (!number) return;
  if (std::ranges::find(allowed, *number) != allowed.end()) {
    value = static_cast<std::uint32_t>(*number);
  } else {
    problems_.error(node->place, fmt::format("{}: {} is none of {}", row.key, *number,
                                             fmt::join(allowed, ", ")));
  }
}

bool Reader::is_quantity(const Node& node, std::string_view key, std::string_view what) {
  if (node.shape == Shape::scalar) {
    const Core core = core_type(node);
    if (core == Core::text || core == Core::integer || core == Core::real) return true;
  }
  expected(node, key, what);
  return false;
}

void Reader::size(const Row& row, std::uint64_t& value, SizeRange range) {
  const Node* node = take(row);
  if (node == nullptr || !is_quantity(*node, row.key, kSizeExpected)) return;
  const auto bytes = base::parse_bytes(node->text);
  if (!bytes) {
    // A bare number below the least possible value was meant in KiB.
    const auto number = base::parse_uint(node->text);
    const bool small = number && *number < range.min;
    problems_.error(node->place, row.key,
                    {detail(bytes.error(), node->text, kSizeExpected),
                     respelled(node->text, kSizeSpellings, small ? "KiB" : "B")});
  } else if (*bytes < range.min || *bytes > range.max) {
    out_of_range(*node, row, base::format_bytes(range.min), base::format_bytes(range.max));
  } else {
    value = *bytes;
  }
}

void Reader::rate(const Row& row, std::uint64_t& value) {
  constexpr std::string_view kExpected = "a rate such as 240B/s or 1KiB/s";
  const Node* node = take(row);
  if (node == nullptr || !is_quantity(*node, row.key, kExpected)) return;
  std::string_view text = node->text;
  const bool per_second = text.ends_with("/s");
  if (per_second) text.remove_suffix(2);
  const auto bytes = base::parse_bytes(text);
  if (bytes && per_second) {
    value = *bytes;
    return;
  }
  std::string meant = bytes ? std::string(text) : respelled(text, kSizeSpellings, "B");
  if (base::parse_uint(meant)) meant += 'B';
  if (!meant.empty()) meant += "/s";
  expected(*node, row.key, kExpected, meant);
}

void Reader::duration(const Row& row, Duration& value, TimeRange range) {
  const Node* node = take(row);
  if (node == nullptr || !is_quantity(*node, row.key, kDurationExpected)) return;
  const auto time = base::parse_duration(node->text);
  if (!time) {
    // A bare number has the unit in which people say the default.
    const bool short_default = value > Duration{} && value < std::chrono::seconds(1);
    problems_.error(node->place, row.key,
                    {detail(time.error(), node->text, kDurationExpected),
                     respelled(node->text, kTimeSpellings, short_default ? "ms" : "s")});
  } else if (*time < range.min || *time > range.max) {
    out_of_range(*node, row, base::format_duration(range.min), base::format_duration(range.max));
  } else {
    value = *time;
  }
}

void Reader::out_of_range(const Node& node, const Row& row, std::string_view min,
                          std::string_view max) {
  const bool is_zero = node.text.find_first_of("123456789") == std::string::npos;
  if (row.presence == Presence::optional && is_zero) {
    problems_.error(node.place, fmt::format("{}: {} is no target; leave the key out for none",
                                            row.key, clipped(node.text)));
    return;
  }
  problems_.error(node.place, fmt::format("{}: {} is not from {} to {}", row.key,
                                          clipped(node.text), min, max));
}

std::optional<std::size_t> Reader::choice_index(const Node& node, std::string_view key,
                                                const Choices& choices) {
  if (node.shape == Shape::faulty) return std::nullopt;
  const bool is_word = node.shape == Shape::scalar && core_type(node) == Core::text;
  const std::string words = list_words(choices.names);
  if (!is_word) {
    expected(node, key, choices.names.size() == 1 ? words : fmt::format("one of {}", words));
    return std::nullopt;
  }
  const auto name = std::ranges::find(choices.names, node.text);
  if (name != choices.names.end()) {
    return static_cast<std::size_t>(name - choices.names.begin());
  }
  if (std::ranges::find(choices.later, node.text) != choices.later.end()) {
    problems_.error(node.place, fmt::format("{}: '{}' {}; available: {}", key, node.text,
                                            choices.later_why, words));
    return std::nullopt;
  }
  problems_.error(node.place,
                  fmt::format("{}: '{}' is unknown; available: {}", key, clipped(node.text), words),
                  suggest(node.text, choices.names));
  return std::nullopt;
}

}  // namespace weir::config
