#include "term/service_tables.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "term/figures.hpp"
#include "term/table.hpp"

namespace weir::term {
namespace {

Column words(std::string title, unsigned rank, std::size_t min, Cut where = Cut::end) {
  return {.title = std::move(title), .rank = rank, .min = min, .cut = where};
}

Column figures(std::string title, unsigned rank) {
  return {.title = std::move(title), .align = Align::right, .rank = rank};
}

Style error_style(const Load& load) { return load.error_share > 0 ? Style::bad : Style::plain; }

std::string healthy_text(const Service& service) {
  return fmt::format("{}/{}", service.healthy, service.endpoints.size());
}

// Wide enough to say things in full.
bool is_wide(std::size_t width) { return width >= 100; }

Table service_table(const Traffic& traffic, bool with_troubles, std::size_t width) {
  Table table;
  table.columns = {figures("id", 6),
                   words("service", 0, 18, Cut::middle),
                   words("state", 0, 9),
                   words("algorithm", 7, 11),
                   figures("up", 0),
                   figures("req/s", 0),
                   figures("err %", 0),
                   figures("p50 ms", 8),
                   figures("p95 ms", 0),
                   figures("p99 ms", 0),
                   figures(is_wide(width) ? "in flight" : "in fl", 9),
                   words("breaker", 2, 7)};
  for (const Service& each : traffic.services) {
    table.rows.push_back({{{each.id, Style::dim},
                           {each.name, Style::bold},
                           {each.state, style_of(each)},
                           {each.algorithm},
                           {healthy_text(each)},
                           {rate_text(each.load.rps)},
                           {percent_text(each.load.error_share), error_style(each.load)},
                           {ms_text(each.load.p50_ms)},
                           {ms_text(each.load.p95_ms)},
                           {ms_text(each.load.p99_ms)},
                           {count_text(each.load.in_flight)},
                           {breaker_word(each.breaker), style_of(each.breaker)}},
                          false});
    if (!with_troubles) continue;
    for (const Trouble& trouble : troubles_of(each)) {
      const std::string who = trouble.endpoint.empty() ? "" : trouble.endpoint + ": ";
      table.rows.push_back({{{"   - " + who + trouble.what, Style::warn}}, true});
    }
  }
  return table;
}

Line overview(const Traffic& traffic) {
  std::size_t healthy = 0;
  std::size_t up = 0;
  std::size_t endpoints = 0;
  for (const Service& each : traffic.services) {
    healthy += troubles_of(each).empty() ? 1 : 0;
    up += each.healthy;
    endpoints += each.endpoints.size();
  }
  const std::size_t services = traffic.services.size();
  Line line("weir " + clean(traffic.version), Style::bold);
  line.add(fmt::format(", up {}: ", age_text(traffic.uptime_seconds)));
  line.add(fmt::format("{} of {} services well", healthy, services),
           healthy == services ? Style::good : Style::bad);
  return line.add(fmt::format(", {} of {} endpoints take requests", up, endpoints));
}

std::vector<Line> listener_lines(const Traffic& traffic, std::size_t width) {
  Table table;
  table.columns = {words("listener", 0, 8, Cut::middle),
                   words("address", 0, 15, Cut::middle),
                   figures("connections", 0),
                   figures("accepted", 1),
                   figures("refused", 1),
                   figures("malformed", 1)};
  for (const Listener& each : traffic.listeners) {
    table.rows.push_back({{{each.name},
                           {each.address},
                           {count_text(each.connections)},
                           {count_text(each.accepted)},
                           {count_text(each.refused)},
                           {count_text(each.malformed)}},
                          false});
  }
  return lines_of(std::move(table), width);
}

Line scaling_line(const Scaling& scaling) {
  Line line(fmt::format("{} replicas wanted of {} to {}, {}", scaling.wanted, scaling.min,
                        scaling.max, scaling.automatic ? "by the load" : "by hand"));
  if (!scaling.reason.empty()) line.add(": " + clean(scaling.reason), Style::dim);
  return line;
}

std::string weight_text(const Endpoint& endpoint) {
  if (endpoint.weight == endpoint.configured_weight) return fmt::format("{}", endpoint.weight);
  return fmt::format("{} (not {})", endpoint.weight, endpoint.configured_weight);
}

}  // namespace

Style style_of(const Service& service) {
  if (service.state == "healthy") return Style::good;
  return service.state == "degraded" ? Style::warn : Style::bad;
}

Style style_of(const Endpoint& endpoint) {
  if (endpoint.healthy) return Style::good;
  const bool is_meant = endpoint.state == "draining" || endpoint.state == "maintenance" ||
                        endpoint.state == "backup" || endpoint.state == "stopped";
  return is_meant ? Style::warn : Style::bad;
}

Style style_of(const Breaker& breaker) {
  if (!breaker.enabled) return Style::dim;
  if (breaker.state == "closed") return breaker.forced ? Style::warn : Style::plain;
  return breaker.state == "half-open" ? Style::warn : Style::bad;
}

Line load_line(const Load& load) {
  Line line(fmt::format("{} req/s, ", rate_text(load.rps)));
  line.add(fmt::format("{} % errors", percent_text(load.error_share)), error_style(load));
  return line.add(fmt::format(", p50 {}, p95 {}, p99 {} ms, {} in flight", ms_text(load.p50_ms),
                              ms_text(load.p95_ms), ms_text(load.p99_ms),
                              count_text(load.in_flight)));
}

Line use_line(const Traffic& traffic) {
  return Line(fmt::format("{} connection{}, CPU {:.1f} % of a core, memory {}",
                          count_text(traffic.connections), traffic.connections == 1 ? "" : "s",
                          traffic.cpu_percent, memory_text(traffic.memory_bytes)));
}

std::vector<Line> service_lines(const Traffic& traffic, std::size_t width) {
  return lines_of(service_table(traffic, false, width), width);
}

std::vector<Line> endpoint_lines(const Service& service, std::size_t width) {
  std::vector<Line> out;
  Line head(clean(service.name), Style::bold);
  head.add(": ").add(clean(service.state), style_of(service));
  head.add(fmt::format(", {}, {} endpoints take requests", clean(service.algorithm),
                       healthy_text(service)));
  out.push_back(cut(head, width));
  if (service.panic) out.push_back(cut(Line("panic: health is ignored", Style::warn), width));
  Line breaker("breaker ");
  breaker.add(clean(breaker_standing(service.breaker)), style_of(service.breaker));
  out.push_back(cut(breaker, width));
  if (service.scaling.enabled) out.push_back(cut(scaling_line(service.scaling), width));
  for (const std::string& each : service.failing_sources) {
    out.push_back(cut(Line("discovery fails: " + clean(each), Style::warn), width));
  }
  out.push_back(cut(load_line(service.load), width));
  out.emplace_back();

  // The reason has a line of its own where the table would have to cut it.
  const bool is_narrow = width < 140;
  Table table;
  table.columns = {figures("id", 7),
                   words("endpoint", 0, 18, Cut::middle),
                   words("address", 2, 15, Cut::middle),
                   words("state", 0, 12),
                   figures("weight", 6),
                   figures(is_wide(width) ? "share %" : "share", 4),
                   figures("req/s", 0),
                   figures("err %", 5),
                   figures("p50 ms", 8),
                   figures("p95 ms", 0),
                   figures("p99 ms", 8),
                   figures(is_wide(width) ? "in flight" : "in fl", 1),
                   words("breaker", 3, 7)};
  if (!is_narrow) table.columns.push_back(words("reason", 0, 20));
  for (const Endpoint& each : service.endpoints) {
    table.rows.push_back({{{each.id, Style::dim},
                           {each.name, Style::bold},
                           {each.address},
                           {each.state, style_of(each)},
                           {weight_text(each)},
                           {percent_text(each.share)},
                           {rate_text(each.load.rps)},
                           {percent_text(each.load.error_share), error_style(each.load)},
                           {ms_text(each.load.p50_ms)},
                           {ms_text(each.load.p95_ms)},
                           {ms_text(each.load.p99_ms)},
                           {count_text(each.load.in_flight)},
                           {breaker_word(each.breaker), style_of(each.breaker)},
                           {each.reason}},
                          false});
    const bool has_more = !each.reason.empty() && each.reason != each.state;
    if (is_narrow && has_more) {
      table.rows.push_back({{{"   - " + standing(each), style_of(each)}}, true});
    }
  }
  for (Line& line : lines_of(std::move(table), width)) out.push_back(std::move(line));
  return out;
}

std::vector<Line> status_lines(const Traffic& traffic, std::size_t width) {
  std::vector<Line> out;
  out.push_back(cut(overview(traffic), width));
  out.push_back(cut(load_line(traffic.load), width));
  out.push_back(cut(use_line(traffic), width));
  out.emplace_back();
  for (Line& line : lines_of(service_table(traffic, true, width), width))
    out.push_back(std::move(line));
  out.emplace_back();
  for (Line& line : listener_lines(traffic, width)) out.push_back(std::move(line));
  return out;
}

}  // namespace weir::term
