#include "term/top_frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "term/figures.hpp"
#include "term/service_tables.hpp"
#include "term/table.hpp"

namespace weir::term {
namespace {

constexpr std::size_t kSparkMin = 6;
constexpr std::size_t kSparkMax = 60;      // a column a second
constexpr std::size_t kReasonsFrom = 140;  // columns; below, a reason has a line of its own
constexpr std::size_t kReasonMin = 24;

double weight_of(const Load& load, TopSort sort) {
  switch (sort) {
    case TopSort::rate:
      return load.rps;
    case TopSort::latency:
      return load.p99_ms;
    case TopSort::errors:
      return load.rps * load.error_share;
    case TopSort::configured:
      break;
  }
  return 0;
}

template <class Item>
void sort_by(std::vector<const Item*>& items, TopSort sort) {
  std::ranges::stable_sort(items, std::greater<>(),
                           [sort](const Item* each) { return weight_of(each->load, sort); });
}

// What is shown, in order. A service whose name passes the filter is shown whole.
struct Shown {
  const Service* service;
  std::vector<const Endpoint*> endpoints;
};

std::vector<Shown> choose(const Traffic& traffic, const TopState& state) {
  std::vector<const Service*> services;
  for (const Service& each : traffic.services) services.push_back(&each);
  sort_by(services, state.sort);
  std::vector<Shown> out;
  for (const Service* service : services) {
    Shown shown{service, {}};
    const bool is_whole = passes(state, service->name);
    bool any = is_whole;
    for (const Endpoint& each : service->endpoints) {
      const bool is_in = is_whole || passes(state, each.name);
      any = any || is_in;
      if (is_in && state.shows_endpoints) shown.endpoints.push_back(&each);
    }
    sort_by(shown.endpoints, state.sort);
    if (any) out.push_back(std::move(shown));
  }
  return out;
}

std::string first_trouble(const Service& service) {
  for (const Trouble& each : troubles_of(service)) {
    if (each.endpoint.empty()) return each.what;
  }
  return {};
}

struct Item {
  std::string name;
  Style name_style = Style::plain;
  std::string state;
  Style state_style = Style::plain;
  std::string reason;
  const Load* load = nullptr;
  const Breaker* breaker = nullptr;
  std::vector<double> rates;
};

std::vector<Item> items_of(const TopView& view) {
  std::vector<Item> items;
  for (const Shown& shown : choose(view.traffic, view.state)) {
    const Service& service = *shown.service;
    items.push_back({service.name, Style::bold, service.state, style_of(service),
                     first_trouble(service), &service.load, &service.breaker,
                     view.history.of(service.name, {})});
    for (const Endpoint* each : shown.endpoints) {
      const bool has_more = !each->reason.empty() && each->reason != each->state;
      items.push_back({" " + each->name, Style::plain, each->state, style_of(*each),
                       has_more ? each->reason : std::string(), &each->load, &each->breaker,
                       view.history.of(service.name, each->name)});
    }
  }
  return items;
}

Table table_of(const std::vector<Item>& items, std::size_t spark, std::size_t slots,
               bool with_reasons) {
  const auto figures = [](std::string title, unsigned rank) {
    return Column{.title = std::move(title), .align = Align::right, .rank = rank};
  };
  Table table;
  table.columns = {{.title = "name", .min = 18, .cut = Cut::middle},
                   figures("req/s", 0),
                   {.title = spark < 11 ? "1 min" : "last minute", .rank = 9},
                   figures("p50", 4),
                   figures("p95", 2),
                   figures("p99", 0),
                   figures("err %", 0),
                   figures("in fl", 3),
                   {.title = "breaker", .rank = 1},
                   {.title = "state", .min = 7}};
  if (with_reasons) table.columns.push_back({.title = "reason", .min = kReasonMin});
  for (const Item& item : items) {
    const Load& load = *item.load;
    const Style errors = load.error_share > 0 ? Style::bad : Style::plain;
    table.rows.push_back({{{item.name, item.name_style},
                           {rate_text(load.rps)},
                           {sparkline(item.rates, slots, spark), Style::accent},
                           {ms_text(load.p50_ms)},
                           {ms_text(load.p95_ms)},
                           {ms_text(load.p99_ms)},
                           {percent_text(load.error_share), errors},
                           {count_text(load.in_flight)},
                           {breaker_word(*item.breaker), style_of(*item.breaker)},
                           {item.state, item.state_style},
                           {item.reason}},
                          false});
    if (with_reasons || item.reason.empty()) continue;
    const std::string text = item.reason.starts_with(item.state) || item.reason.starts_with("pan")
                                 ? item.reason
                                 : item.state + ": " + item.reason;
    table.rows.push_back({{{"   - " + text, item.state_style}}, true});
  }
  return table;
}

std::vector<Line> header(const TopView& view, std::size_t width) {
  const Traffic& traffic = view.traffic;
  std::vector<Line> out;
  Line first("weir " + clean(traffic.version), Style::bold);
  first.add(fmt::format(" at {}, up {}", clean(view.address), age_text(traffic.uptime_seconds)));
  if (view.state.is_paused) first.add("  paused", Style::warn);
  if (view.state.sort != TopSort::configured) {
    first.add(fmt::format("  by {}", name(view.state.sort)), Style::accent);
  }
  if (!view.state.filter.empty()) first.add("  only " + view.state.filter, Style::accent);
  out.push_back(cut(first, width));
  out.push_back(cut(load_line(traffic.load), width));
  out.push_back(cut(use_line(traffic), width));
  out.push_back(cut(Line(clean(view.trouble), Style::bad), width));
  return out;
}

Line footer(const TopState& state, std::size_t width) {
  if (state.is_filtering) {
    Line line("/" + state.filter, Style::bold);
    return cut(line.add("_  Enter keeps it, Esc shows all again", Style::dim), width);
  }
  return cut(Line("q quit  s sort  e endpoints  p pause  / filter  up down j k scroll", Style::dim),
             width);
}

}  // namespace

TopFrame top_frame(const TopView& view, Size size) {
  const bool with_reasons = size.columns >= kReasonsFrom;
  const std::vector<Item> items = items_of(view);
  // The sparkline gets what the rest leaves.
  std::size_t rest = natural_width(table_of(items, 0, view.history.slots(), false)) - 5;
  if (with_reasons) rest += kReasonMin + 24;
  const std::size_t room = size.columns > rest ? size.columns - rest : 0;
  const std::size_t spark = std::clamp(room, kSparkMin, kSparkMax);
  Layout layout = lay_out(table_of(items, spark, view.history.slots(), with_reasons), size.columns);

  TopFrame frame;
  frame.lines = header(view, size.columns);
  frame.lines.push_back(std::move(layout.titles));
  const bool is_printed = size.rows == 0;
  const std::size_t fixed = frame.lines.size() + 1;  // and the footer
  frame.page = is_printed ? layout.rows.size() : size.rows - std::min(size.rows, fixed);
  const std::size_t hidden = layout.rows.size() - std::min(layout.rows.size(), frame.page);
  frame.offset = std::min(view.state.offset, hidden);
  for (std::size_t i = 0; i < frame.page && frame.offset + i < layout.rows.size(); ++i) {
    frame.lines.push_back(std::move(layout.rows[frame.offset + i]));
  }
  if (layout.rows.empty()) frame.lines.emplace_back("nothing of that name", Style::dim);
  if (is_printed) return frame;
  frame.lines.resize(std::max(size.rows, std::size_t{1}) - 1);
  frame.lines.push_back(footer(view.state, size.columns));
  return frame;
}

}  // namespace weir::term
