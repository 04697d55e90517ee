#include "observe/prometheus_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "base/assert.hpp"
#include "base/json.hpp"

namespace weir::observe {
namespace {

constexpr std::array<std::string_view, 3> kTypeNames = {"counter", "gauge", "histogram"};

// JSON's escaping leaves \" and \\ as the format wants them; only its \uXXXX must be quoted once
// more, so that a reader sees those six characters.
void append_line_escaped(std::string& out, std::string_view line) {
  std::string escaped;
  base::append_json_escaped(escaped, line);
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    out += escaped[i];
    if (escaped[i] != '\\') continue;
    out += escaped[i + 1] == 'u' ? '\\' : escaped[++i];
  }
}

void append_label_value(std::string& out, std::string_view text) {
  for (std::size_t from = 0;;) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    append_line_escaped(out, text.substr(from, end - from));
    if (end == text.size()) return;
    out += "\\n";
    from = end + 1;
  }
}

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    fmt::format_to(std::back_inserter(out), "{}", value);
  }
}

}  // namespace

void PrometheusText::family(std::string_view name, Type type, std::string_view help) {
  name_ = name;
  fmt::format_to(std::back_inserter(out_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name,
                 kTypeNames[static_cast<std::size_t>(type)]);
}

void PrometheusText::begin(std::string_view suffix, Labels labels, std::string_view at_most) {
  WEIR_ASSERT(!name_.empty());
  out_ += name_;
  out_ += suffix;
  char open = '{';
  for (const Label& label : labels) {
    out_ += open;
    out_ += label.name;
    out_ += "=\"";
    append_label_value(out_, label.value);
    out_ += '"';
    open = ',';
  }
  if (!at_most.empty()) {
    out_ += open;
    out_ += "le=\"";
    out_ += at_most;
    out_ += '"';
    open = ',';
  }
  out_ += open == ',' ? "} " : " ";
}

void PrometheusText::sample(Labels labels, double value) {
  begin({}, labels);
  append_number(out_, value);
  out_ += '\n';
}

void PrometheusText::sample(Labels labels, std::uint64_t value) {
  begin({}, labels);
  fmt::format_to(std::back_inserter(out_), "{}\n", value);
}

void PrometheusText::sample(Labels labels, std::int64_t value) {
  begin({}, labels);
  fmt::format_to(std::back_inserter(out_), "{}\n", value);
}

void PrometheusText::latency(Labels labels, const LatencyTotals& totals) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < totals.buckets.size(); ++i) {
    below += totals.buckets[i];
    begin("_bucket", labels, i < kLatencyBounds.size() ? kLatencyBounds[i].text : "+Inf");
    fmt::format_to(std::back_inserter(out_), "{}\n", below);
  }
  begin("_sum", labels);
  append_number(out_, totals.sum_seconds);
  out_ += '\n';
  begin("_count", labels);
  fmt::format_to(std::back_inserter(out_), "{}\n", below);
}

}  // namespace weir::observe
