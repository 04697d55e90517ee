#pragma once
// What `weir services` and `weir status` print. Pure: traffic and a width in, lines out.

#include <cstddef>
#include <vector>

#include "term/line.hpp"
#include "term/traffic.hpp"

namespace weir::term {

/// A line a service.
std::vector<Line> service_lines(const Traffic& traffic, std::size_t width);
/// One service: a line of its own, then a line an endpoint, with the reason of its state.
std::vector<Line> endpoint_lines(const Service& service, std::size_t width);
/// Overview, totals, services with what is not well under each, listeners.
std::vector<Line> status_lines(const Traffic& traffic, std::size_t width);

/// Colour of a service's state, or of an endpoint's.
Style style_of(const Service& service);
Style style_of(const Endpoint& endpoint);
Style style_of(const Breaker& breaker);

/// "25.0 req/s, 0.4 % errors, p50 1.2, p95 3.4, p99 8.1 ms, 3 in flight".
Line load_line(const Load& load);
/// "31 connections, CPU 41.3 % of a core, memory 45 MiB".
Line use_line(const Traffic& traffic);

}  // namespace weir::term
