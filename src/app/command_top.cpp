// weir top: services and endpoints of a running weir, live.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "app/kept_client.hpp"
#include "app/show_lines.hpp"
#include "base/text.hpp"
#include "term/figures.hpp"
#include "term/terminal.hpp"
#include "term/top_frame.hpp"

namespace weir::app {
namespace {

constexpr base::Duration kIntervalMin = std::chrono::milliseconds(100);
constexpr base::Duration kIntervalMax = std::chrono::hours(1);
// While nobody answers the keys wait as long as this.
constexpr base::Duration kAskTime = std::chrono::seconds(2);
constexpr base::Duration kEscapeTime = std::chrono::milliseconds(50);

struct TopOptions {
  AdminTarget target;
  std::string interval = "1s";
  bool once = false;
  bool json = false;
};

std::string interval_fault(const std::string& text) {
  const auto interval = base::parse_duration(text);
  if (!interval) return std::string(interval.error().detail());
  if (*interval >= kIntervalMin && *interval <= kIntervalMax) return {};
  return "not from 100ms to 1h";
}

// What one round of questions brought.
struct Answers {
  base::json::value services;
  base::json::value metrics;
  base::json::value about;
};

std::expected<Answers, AdminProblem> ask(KeptClient& client, base::json::value about) {
  Answers out;
  if (about.is_null()) {
    auto told = client.get("/", kAskTime);
    if (!told) return std::unexpected(std::move(told.error()));
    about = std::move(*told);
  }
  out.about = std::move(about);
  auto services = client.get("/api/services", kAskTime);
  if (!services) return std::unexpected(std::move(services.error()));
  out.services = std::move(*services);
  auto metrics = client.get("/api/metrics", kAskTime);
  if (!metrics) return std::unexpected(std::move(metrics.error()));
  out.metrics = std::move(*metrics);
  return out;
}

class LiveTop {
 public:
  LiveTop(const TopOptions& options, base::Duration interval, term::LiveTerminal& terminal,
          bool styled)
      : client_(options.target),
        interval_(interval),
        terminal_(terminal),
        screen_(styled),
        history_(interval) {}

  /// Until a key or a signal ends it; the signal's number, or 0.
  int run() {
    base::Time next = base::real_now();
    for (;;) {
      if (base::real_now() >= next) {
        if (!state_.is_paused) look();
        next = base::real_now() + interval_;
      }
      draw();
      const bool has_half_a_key = keys_.is_waiting();
      const base::Duration wait = next - base::real_now();
      auto event = terminal_.wait(has_half_a_key ? std::min(wait, kEscapeTime) : wait);
      if (event.signal != 0 || event.is_over) return event.signal;
      if (event.is_redraw) screen_.forget();
      const bool is_quiet = has_half_a_key && event.bytes.empty();
      keys_.feed(event.bytes);
      while (const auto press = keys_.next(is_quiet)) {
        state_ = term::press(std::move(state_), *press, page_);
        if (state_.is_over) return 0;
      }
    }
  }

 private:
  void look() {
    auto answers = ask(client_, lost_since_ == base::Time{} ? about_ : base::json::value());
    if (!answers) {
      if (lost_since_ == base::Time{}) lost_since_ = base::real_now();
      problem_ = std::move(answers.error().text);
      return;
    }
    lost_since_ = {};
    about_ = std::move(answers->about);
    traffic_ = term::read_traffic(answers->services, answers->metrics, about_);
    history_.add(traffic_);
  }

  std::string trouble() const {
    if (lost_since_ == base::Time{}) return {};
    const auto seconds = std::chrono::duration<double>(base::real_now() - lost_since_).count();
    return fmt::format("lost for {}, trying again: {}", term::age_text(seconds), problem_);
  }

  void draw() {
    const term::Size size = terminal_.size();
    const term::TopFrame frame =
        term::top_frame({traffic_, history_, state_, client_.address(), trouble()}, size);
    state_.offset = frame.offset;
    page_ = frame.page;
    terminal_.write(screen_.draw(frame.lines, size));
  }

  KeptClient client_;
  const base::Duration interval_;
  term::LiveTerminal& terminal_;
  term::Screen screen_;
  term::KeyReader keys_;
  term::RateHistory history_;
  term::TopState state_;
  term::Traffic traffic_;
  base::json::value about_;
  std::string problem_;
  base::Time lost_since_{};
  std::size_t page_ = 1;
};

std::string one_line(const Answers& answers) {
  base::json::object out{{"metrics", answers.metrics}};
  if (answers.about.is_object()) {
    out["version"] = text_at(answers.about.get_object(), "version");
  }
  if (answers.services.is_object()) {
    for (const auto& member : answers.services.get_object()) out.insert(member);
  }
  return base::to_text(out) + "\n";
}

// --once, --json, and where there is no terminal.
int print_top(const TopOptions& options, base::Duration interval) {
  KeptClient client(options.target);
  term::RateHistory history(interval);
  const bool goes_on = options.json && !options.once;
  for (;;) {
    const auto answers = ask(client, nullptr);
    if (!answers) return complain(kRunTime, answers.error().text);
    if (options.json) {
      show_text(one_line(*answers));
    } else {
      const term::Traffic traffic =
          term::read_traffic(answers->services, answers->metrics, answers->about);
      history.add(traffic);
      const term::TopState state;
      show_lines(
          term::top_frame({traffic, history, state, client.address(), {}}, {stdout_columns(), 0})
              .lines);
    }
    if (!goes_on) return kOk;
    const timespec pause{.tv_sec = interval.count() / 1'000'000'000,
                         .tv_nsec = interval.count() % 1'000'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

std::string why_not(const AdminTarget& target) {
  KeptClient client(target);
  const auto answer = client.get("/api/metrics", kAskTime);
  return answer ? std::string() : answer.error().text;
}

int top(const TopOptions& options) {
  const base::Duration interval = *base::parse_duration(options.interval);
  const bool is_live = !options.once && !options.json && term::is_terminal(STDIN_FILENO) &&
                       term::is_terminal(STDOUT_FILENO);
  if (!is_live) return print_top(options, interval);
  const bool styled = term::output_of(STDOUT_FILENO).styled;
  // Nobody there at all is a mistake to be told, not a screen to look at.
  if (const std::string wrong = why_not(options.target); !wrong.empty()) {
    return complain(kRunTime, wrong);
  }
  int ended_by = 0;
  {
    const auto terminal = term::LiveTerminal::open(STDIN_FILENO, STDOUT_FILENO);
    if (!terminal) return complain(kRunTime, std::string(terminal.error().detail()));
    ended_by = LiveTop(options, interval, **terminal, styled).run();
  }
  // Ctrl-C is how many leave it; other signals end it as they do any program.
  if (ended_by == 0 || ended_by == SIGINT) return kOk;
  ::raise(ended_by);
  return 128 + ended_by;
}

}  // namespace

void add_top(CommandLine& line) {
  auto options = std::make_shared<TopOptions>();
  Command command = line.command("top", "Services and endpoints, live");
  command.text("--interval", options->interval, "How often it looks, 100ms to 1h (default 1s)",
               Presence::optional, {"DURATION", interval_fault});
  command.flag("--once", options->once, "Print one picture and end");
  add_target(command, options->target);
  command.flag("--json", options->json, "A line of JSON each time it looks");
  command.footer(
      "Rates, times (milliseconds) and errors are of the last ten seconds.\n"
      "Keys: q quit, s sort (as configured, req/s, p99, errors), e endpoints, p pause, / filter,\n"
      "arrows, j, k, PgUp, PgDn, g, G scroll. Without a terminal it prints one picture.\n"
      "Examples:\n"
      "  weir top\n"
      "  weir top --interval 250ms\n"
      "  weir top --once --json");
  command.runs([options] { return top(*options); });
}

}  // namespace weir::app
