// weir lab: the demo services. They are ordinary programs; weir up runs them as children.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/commands.hpp"
#include "base/text.hpp"
#include "lab/traffic.hpp"
#include "lab/web.hpp"

namespace weir::app {
namespace {

CLI::Validator is_duration() {
  return CLI::Validator(
      [](std::string& text) {
        const auto parsed = base::parse_duration(text);
        return parsed ? std::string() : std::string(parsed.error().detail());
      },
      "DURATION");
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

void add_web(CLI::App& lab, Chosen& chosen) {
  auto words = std::make_shared<WebWords>();
  CLI::App* web = lab.add_subcommand("web", "An HTTP service: /, /health, /metrics, /api/data");
  web->add_option("--port", words->options.port, "Port; 0 = a free one, printed and reported back");
  web->add_option("--bind", words->options.bind, "Address to listen on (default 127.0.0.1)");
  web->add_option("--name", words->options.name, "Name in its answers");
  web->add_option("--latency", words->latency, "Wait before each answer, such as 5ms")
      ->check(is_duration());
  web->add_option("--jitter", words->jitter, "Latency varies by up to this much")
      ->check(is_duration());
  web->add_option("--fail-rate", words->options.fail_rate, "Share of answers that are 500, 0 to 1")
      ->check(CLI::Range(0.0, 1.0));
  web->add_option("--seed", words->options.seed, "Seed of jitter and failures");
  web->footer("Example:\n  weir lab web --port 8081 --latency 5ms --jitter 2ms --fail-rate 0.1");
  web->callback([words, &chosen] {
    chosen = [words] {
      words->options.latency = duration_of(words->latency);
      words->options.jitter = duration_of(words->jitter);
      return lab::run_web(words->options);
    };
  });
}

void add_traffic(CLI::App& lab, Chosen& chosen) {
  auto words = std::make_shared<TrafficWords>();
  CLI::App* traffic = lab.add_subcommand("traffic", "Background traffic for the demo");
  traffic->add_option("--target", words->options.target, "Gateway, HOST:PORT");
  traffic->add_option("--rate", words->options.rate, "Requests a second (default 25)")
      ->check(CLI::Range(0.1, 10'000.0));
  traffic->add_option("--duration", words->duration, "How long; 0 = until stopped")
      ->check(is_duration());
  traffic->add_option("--seed", words->options.seed, "Seed of paths and client addresses");
  traffic->footer("Example:\n  weir lab traffic --target 127.0.0.1:8080 --rate 25");
  traffic->callback([words, &chosen] {
    chosen = [words] {
      words->options.duration = duration_of(words->duration);
      return lab::run_traffic(words->options);
    };
  });
}

}  // namespace

void add_lab(CLI::App& app, Chosen& chosen) {
  CLI::App* lab = app.add_subcommand("lab", "Demo services, run by hand");
  lab->require_subcommand(1);
  add_web(*lab, chosen);
  add_traffic(*lab, chosen);
}

}  // namespace weir::app
