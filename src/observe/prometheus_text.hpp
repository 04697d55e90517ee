#pragma once
// PrometheusText: writes the text exposition format 0.0.4.
//
//   family = "# HELP " name " " help LF "# TYPE " name " " type LF *sample
//   sample = name [ "{" label *( "," label ) "}" ] " " value LF
//   label  = name "=" DQUOTE value DQUOTE        in value: \ → \\, " → \", LF → \n
//
// Samples of a family stand together and after its head; the writer keeps that order by knowing the
// current family. Which families there are is observe/gateway_metrics.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "observe/latency_buckets.hpp"

namespace weir::observe {

/// A label value is any text: what is not valid UTF-8 or a control byte is written as \uXXXX.
struct Label {
  std::string_view name;
  std::string_view value;
};

class PrometheusText {
 public:
  using Labels = std::initializer_list<Label>;
  enum class Type : std::uint8_t { counter, gauge, histogram };

  /// Appends to `out`. Lifetime: `out` outlives this.
  explicit PrometheusText(std::string& out) : out_(out) {}

  /// Begins a family. Requires: each name once; counters end in _total; `help` is one line.
  /// Lifetime: `name` until the next family.
  void family(std::string_view name, Type type, std::string_view help);

  void sample(Labels labels, double value);
  void sample(Labels labels, std::uint64_t value);
  void sample(Labels labels, std::int64_t value);
  /// The _bucket, _sum and _count lines of one series. Requires: a histogram family.
  void latency(Labels labels, const LatencyTotals& totals);

 private:
  void begin(std::string_view suffix, Labels labels, std::string_view at_most = {});

  std::string& out_;
  std::string_view name_;
};

/// The media type to serve it under.
inline constexpr std::string_view kPrometheusTextType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace weir::observe
