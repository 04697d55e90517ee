#include "observe/access_line.hpp"

#include <fmt/format.h>

#include <iterator>
#include <string_view>

#include "base/clock.hpp"
#include "base/json.hpp"

namespace weir::observe {
namespace {

using telemetry::ExchangeRecord;
using telemetry::Flag;
using telemetry::Flags;
using telemetry::Reason;

void append_text(std::string& out, std::string_view key, std::string_view text) {
  out += ",\"";
  out += key;
  out += "\":\"";
  base::append_json_escaped(out, text);
  out += '"';
}

// FI(503): an injected fault made the final answer 503.
void append_reason(std::string& out, const ExchangeRecord& record) {
  out += R"(,"reason":")";
  out += telemetry::code(record.reason);
  if (record.reason == Reason::fault) {
    fmt::format_to(std::back_inserter(out), "({})", record.status);
  }
  out += '"';
}

void append_flags(std::string& out, Flags flags) {
  out += R"(,"flags":[)";
  bool first = true;
  for (std::size_t i = 0; i < telemetry::kFlagCount; ++i) {
    const auto flag = static_cast<Flag>(i);
    if (!flags.has(flag)) continue;
    if (!first) out += ',';
    first = false;
    out += '"';
    out += telemetry::name(flag);
    out += '"';
  }
  out += ']';
}

// Which texts were longer than their field in the record.
void append_cut(std::string& out, const ExchangeRecord& record) {
  const auto before = out.size();
  const auto add = [&](bool is_cut, std::string_view key) {
    if (!is_cut) return;
    out += out.size() == before ? R"(,"cut":[")" : R"(,")";
    out += key;
    out += '"';
  };
  add(record.method.is_cut(), "method");
  add(record.host.is_cut(), "host");
  add(record.path.is_cut(), "path");
  add(record.user_agent.is_cut(), "user_agent");
  if (out.size() != before) out += ']';
}

}  // namespace

void append_access_line(std::string& out, const ExchangeRecord& record) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"time":"{}","duration_ms":{:.3f},"upstream_ms":{:.3f})",
                 base::rfc3339(record.wall_ms).text, base::to_ms(record.duration),
                 base::to_ms(record.upstream));
  append_text(out, "client", record.client.view());
  append_text(out, "method", record.method.view());
  append_text(out, "host", record.host.view());
  append_text(out, "path", record.path.view());
  append_text(out, "protocol", telemetry::name(record.protocol));
  fmt::format_to(std::back_inserter(out), R"(,"status":{})", record.status);
  append_reason(out, record);
  append_flags(out, record.flags);
  append_text(out, "service", record.service.view());
  append_text(out, "endpoint", record.endpoint.view());
  fmt::format_to(std::back_inserter(out), R"(,"attempts":{},"bytes_in":{},"bytes_out":{})",
                 record.attempts, record.bytes_in, record.bytes_out);
  append_text(out, "request_id", record.request_id.view());
  if (!record.trace_id.view().empty()) append_text(out, "trace_id", record.trace_id.view());
  fmt::format_to(std::back_inserter(out), R"(,"lane":{})", record.lane);
  append_text(out, "user_agent", record.user_agent.view());
  append_cut(out, record);
  out += "}\n";
}

}  // namespace weir::observe
