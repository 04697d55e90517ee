// Reader: shares, rates, plain numbers and causes.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "config/reader.hpp"
#include "config/scalar_text.hpp"

namespace weir::config {
namespace {

constexpr std::string_view kShareExpected = "a percentage such as 50%";
constexpr std::string_view kPerSecondExpected = "a rate such as 500/s or 0.5/s";
constexpr std::string_view kRealExpected = "a number such as 1.25";

struct Quantity {
  std::optional<std::uint64_t> millionths;  // of the number in front
  std::string unit;                         // what follows it: lower case, without spaces
};

Quantity split_quantity(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  Quantity out{parse_millionths(text.substr(0, end)), {}};
  for (const char c : clipped(text.substr(end))) {
    if (c != ' ') out.unit += base::ascii_lower(c);
  }
  return out;
}

// "50", "50 %", "0.5" → "50%"; empty if it is no share in any spelling.
std::string meant_share(std::string_view text) {
  constexpr std::array<std::string_view, 4> kSpellings = {"%", "pct", "percent", "per cent"};
  const Quantity q = split_quantity(text);
  if (!q.millionths) return {};
  if (q.unit.empty()) {
    const bool is_fraction = text.contains('.') && decimal_of(*q.millionths) <= 1;
    return is_fraction ? share_text(decimal_of(*q.millionths))
                       : format_millionths(*q.millionths) + "%";
  }
  const bool known = std::ranges::find(kSpellings, q.unit) != kSpellings.end();
  return known ? format_millionths(*q.millionths) + "%" : std::string();
}

// "500", "500rps", "500/sec" → "500/s", "60/m" → "1/s"; empty if it is no rate in any spelling.
std::string meant_rate(std::string_view text) {
  const Quantity q = split_quantity(text);
  if (!q.millionths) return {};
  const auto is_any = [&](std::initializer_list<std::string_view> units) {
    return std::ranges::find(units, q.unit) != units.end();
  };
  double divisor = 0;
  if (is_any(
          {"", "/s", "/sec", "/second", "rps", "qps", "r/s", "req/s", "requests/s", "persecond"}))
    divisor = 1;
  if (is_any({"/m", "/min", "/minute", "rpm", "r/m", "perminute"})) divisor = 60;
  if (is_any({"/h", "/hour", "perhour"})) divisor = 3600;
  return divisor == 0 ? std::string() : per_second_text(decimal_of(*q.millionths) / divisor);
}

// Names of groups in other products.
std::string meant_causes(std::string_view text, std::span<const std::string_view> words) {
  const auto is = [&](std::string_view word) { return base::equals_ignore_case(word, text); };
  if (is("5xx") || is("gateway-error") || is("server-error")) return "502, 503, 504";
  if (is("refused-stream") || is("refused")) return "connect";
  if (const auto digit = text.find_first_of("45"); digit != std::string_view::npos && digit > 0) {
    const auto word = std::ranges::find(words, text.substr(digit));  // http_502
    if (word != words.end()) return std::string(*word);
  }
  return suggest(text, words);
}

}  // namespace

void Reader::share(const Row& row, double& value, RealRange range) {
  const Node* node = take(row);
  if (node == nullptr || !is_quantity(*node, row.key, kShareExpected)) return;
  std::string_view text = node->text;
  const bool has_unit = text.ends_with('%');
  if (has_unit) text.remove_suffix(1);
  const auto number = parse_millionths(text);
  if (!number || (!has_unit && *number != 0)) {  // 0 needs no unit
    expected(*node, row.key, kShareExpected, meant_share(node->text));
  } else if (const double share = share_of(*number); share < range.min || share > range.max) {
    out_of_range(*node, row, share_text(range.min), share_text(range.max));
  } else {
    value = share;
  }
}

void Reader::per_second(const Row& row, double& value, RealRange range) {
  const Node* node = take(row);
  if (node == nullptr || !is_quantity(*node, row.key, kPerSecondExpected)) return;
  std::string_view text = node->text;
  const bool has_unit = text.ends_with("/s");
  if (has_unit) text.remove_suffix(2);
  const auto number = parse_millionths(text);
  if (!number || !has_unit) {
    expected(*node, row.key, kPerSecondExpected, meant_rate(node->text));
  } else if (const double rate = decimal_of(*number); rate < range.min || rate > range.max) {
    out_of_range(*node, row, per_second_text(range.min), per_second_text(range.max));
  } else {
    value = rate;
  }
}

void Reader::real(const Row& row, double& value, RealRange range) {
  const Node* node = take(row);
  if (node == nullptr) return;
  const Core core = core_type(*node);
  const bool is_plain = core == Core::integer || core == Core::real;
  const auto number = parse_millionths(node->text);
  if (!number || !is_plain) {
    const bool is_quoted = number && node->shape == Shape::scalar && core == Core::text;
    expected(*node, row.key, kRealExpected, is_quoted ? node->text : std::string());
  } else if (const double real = decimal_of(*number); real < range.min || real > range.max) {
    out_of_range(*node, row, decimal_text(range.min), decimal_text(range.max));
  } else {
    value = real;
  }
}

std::optional<balance::Cause> Reader::cause(const Node& node, std::string_view key) {
  if (node.shape == Shape::faulty) return std::nullopt;
  const Core core = core_type(node);
  const bool is_scalar = node.shape == Shape::scalar && core != Core::null;
  const auto cause = is_scalar ? balance::cause_named(node.text) : std::nullopt;
  const std::vector<std::string_view> words = every_cause_word();
  if (!is_scalar || core == Core::boolean) {
    expected(node, key, fmt::format("some of {}", list_words(words)));
    return std::nullopt;
  }
  if (!cause) {
    const std::string_view text = clipped(node.text);
    problems_.error(node.place,
                    fmt::format("{}: '{}' is unknown; available: {}", key, text, list_words(words)),
                    meant_causes(node.text, words));
    return std::nullopt;
  }
  if (is_status_word(node.text) && core != Core::integer) {
    expected(node, key, "a status without quotes", node.text);
    return std::nullopt;
  }
  return cause;
}

void Reader::causes(const Row& row, balance::CauseSet& value, std::string_view off) {
  const Node* node = take_list(row);
  if (node == nullptr) return;
  value = {};
  if (node->items.empty()) refuse_empty(*node, row.key, off);
  for (const Node& item : node->items) {
    const auto read = cause(item, row.key);
    if (!read) continue;
    if (value.has(*read)) {
      problems_.error(item.place, fmt::format("{}: {} is listed twice", row.key, item.text));
    }
    value.add(*read);
  }
}

}  // namespace weir::config
