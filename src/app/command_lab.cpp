// weir lab: the demo services. They are ordinary programs; weir up runs them as children.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "base/text.hpp"
#include "lab/traffic.hpp"
#include "lab/web.hpp"

namespace weir::app {
namespace {

std::string duration_fault(const std::string& text) {
  const auto parsed = base::parse_duration(text);
  return parsed ? std::string() : std::string(parsed.error().detail());
}

void add_duration(Command& command, const char* name, std::string& into, const char* help) {
  command.text(name, into, help, Presence::optional, {"DURATION", duration_fault});
}

base::Duration duration_of(const std::string& text) { return base::parse_duration(text).value(); }

struct WebWords {
  lab::WebOptions options;
  std::string latency = "0";
  std::string jitter = "0";
};

struct TrafficWords {
  lab::TrafficOptions options;
  std::string duration = "0";
};

void add_web(Command& lab) {
  auto words = std::make_shared<WebWords>();
  Command web = lab.command("web", "An HTTP service: /, /health, /metrics, /api/data");
  web.number("--port", words->options.port, "Port; 0 = a free one, printed and reported back");
  web.text("--bind", words->options.bind, "Address to listen on (default 127.0.0.1)");
  web.text("--name", words->options.name, "Name in its answers");
  add_duration(web, "--latency", words->latency, "Wait before each answer, such as 5ms");
  add_duration(web, "--jitter", words->jitter, "Latency varies by up to this much");
  web.number("--fail-rate", words->options.fail_rate, "Share of answers that are 500, 0 to 1", 0.0,
             1.0);
  web.number("--seed", words->options.seed, "Seed of jitter and failures");
  web.number("--at-once", words->options.at_once,
             "Requests worked on at a time, the others wait in line; 0 = all (default)", 0, 10000);
  web.footer("Example:\n  weir lab web --port 8081 --latency 5ms --jitter 2ms --fail-rate 0.1");
  web.runs([words] {
    words->options.latency = duration_of(words->latency);
    words->options.jitter = duration_of(words->jitter);
    return lab::run_web(words->options);
  });
}

void add_traffic(Command& lab) {
  auto words = std::make_shared<TrafficWords>();
  Command traffic = lab.command("traffic", "Background traffic for the demo");
  traffic.text("--target", words->options.target, "Gateway, HOST:PORT");
  traffic.number("--rate", words->options.rate, "Requests a second (default 25)", 0.1, 10'000.0);
  add_duration(traffic, "--duration", words->duration, "How long; 0 = until stopped");
  traffic.number("--seed", words->options.seed, "Seed of paths and client addresses");
  traffic.footer("Example:\n  weir lab traffic --target 127.0.0.1:8080 --rate 25");
  traffic.runs([words] {
    words->options.duration = duration_of(words->duration);
    return lab::run_traffic(words->options);
  });
}

}  // namespace

void add_lab(CommandLine& line) {
  Command lab = line.command("lab", "Demo services, run by hand");
  lab.needs_command();
  add_web(lab);
  add_traffic(lab);
}

}  // namespace weir::app
