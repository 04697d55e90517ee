#include "config/built_in.hpp"

#include <string_view>

#include "config/effective.hpp"

namespace weir::config {
namespace {

constexpr std::string_view kText =
    R"(# weir.yaml: what `weir up` runs. Print it with `weir up --print-config`, save it, change it:
#   weir check -c weir.yaml               every mistake, with file:line:column
#   weir check -c weir.yaml --effective   the same with all defaults
#   weir serve -c weir.yaml               run it
version: 1

# Where clients connect.
listeners:
  web:
    bind: @GATEWAY@

# Status, metrics and the API: for this machine only.
admin:
  bind: @ADMIN@

# The demo's own traffic may say on whose behalf it comes (X-Forwarded-For).
trusted_proxies: ["127.0.0.1"]

# Who answers. weir starts these processes, watches them and starts them again when they die.
# Port "0" means a free one, which the child reports back.
services:
  web-server:
    discovery:
      - process: {}
    health:
      check: { path: /health }        # asked every 5s; who fails gets no requests
    process:
      command: [weir, lab, web, --name, web-server, --port, "0"]
      replicas: 3
      ready: /health
      instances:                      # one child each: not equally fast, as in real life
        - [--latency, 2ms]
        - [--latency, 3ms]
        - [--latency, 5ms]

  payment-service:
    discovery:
      - process: {}
    health:
      check: { path: /health }
    process:
      command: [weir, lab, web, --name, payment-service, --port, "0"]
      replicas: 2
      ready: /health
      instances:
        - [--latency, 8ms]
        - [--latency, 12ms]

# Which request goes where. The longest path that fits wins.
routes:
  - match: { path: / }
    service: web-server

  - match: { path: /payments/ }       # /payments/7 reaches payment-service as /7
    service: payment-service
    strip_prefix: true
)";

void replace(std::string& text, std::string_view mark, std::string_view value) {
  text.replace(text.find(mark), mark.size(), value);
}

}  // namespace

std::string built_in_text(const BuiltInOptions& options) {
  std::string text(kText);
  // The mark that stands last first: a value cannot be taken for a mark then.
  replace(text, "@ADMIN@", yaml_scalar(options.admin));
  replace(text, "@GATEWAY@", yaml_scalar(options.gateway));
  return text;
}

}  // namespace weir::config
