#include "lab/child_link.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <fstream>

#include "base/text.hpp"
#include "runtime/spawn.hpp"

namespace weir::lab {
namespace {

constexpr base::Duration kReportEvery = std::chrono::seconds(1);
constexpr std::size_t kLineMax = 64 * 1024;  // the protocol's bound

base::Duration own_cpu_time() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

std::uint64_t own_rss_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total_pages = 0;
  std::uint64_t resident_pages = 0;
  if (!(statm >> total_pages >> resident_pages)) return 0;
  return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

supervise::Fd control_from_environment() {
  const char* text = std::getenv("WEIR_CONTROL_FD");
  if (text == nullptr) return {};
  const auto number = base::parse_uint(text);
  if (!number || *number > 1'000'000) return {};
  const int fd = static_cast<int>(*number);
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags < 0) return {};
  ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return supervise::Fd(fd);
}

ChildLink::ChildLink(runtime::Lane& lane, supervise::Fd control, Reporter& reporter,
                     runtime::CancelSource& end)
    : lane_(lane),
      reporter_(reporter),
      end_(end),
      measured_at_(lane.precise_now()),
      cpu_then_(own_cpu_time()) {
  if (!control) return;
  watch_ = std::make_unique<supervise::Watch>(lane, std::move(control));
  if (!watch_->ok()) watch_.reset();
}

void ChildLink::start() {
  if (!watch_) return;
  runtime::spawn(gate_, "control", listen());
  runtime::spawn(gate_, "facts", report_loop());
}

runtime::Task<void> ChildLink::stop() {
  stopping_.request();
  if (watch_) watch_->readiness.cancel();
  auto closing = gate_.close();
  co_await closing;
}

void ChildLink::ready(std::uint16_t port) {
  base::json::object line;
  line["ready"] = true;
  if (port != 0) line["port"] = port;
  write_line(base::json::serialize(line));
}

void ChildLink::report() {
  if (!watch_) return;
  const base::Time now = lane_.precise_now();
  const base::Duration cpu = own_cpu_time();
  const double wall_ms = base::to_ms(now - measured_at_);
  base::json::object facts;
  facts["rssBytes"] = own_rss_bytes();
  facts["cpuPercent"] =
      wall_ms > 0 ? std::round(base::to_ms(cpu - cpu_then_) / wall_ms * 1000) / 10 : 0.0;
  reporter_.add_facts(facts);
  measured_at_ = now;
  cpu_then_ = cpu;
  base::json::object line;
  line["facts"] = std::move(facts);
  write_line(base::json::serialize(line));
}

runtime::Task<void> ChildLink::report_loop() {
  for (;;) {
    const auto wake = co_await runtime::sleep_for(lane_, kReportEvery, &stopping_);
    if (wake == runtime::Wake::cancelled) co_return;
    report();
  }
}

runtime::Task<void> ChildLink::listen() {
  std::string line;
  for (;;) {
    const runtime::Wake wake = co_await watch_->readiness.wait_readable({});
    if (wake == runtime::Wake::cancelled) co_return;
    if (!read_some(line)) break;
  }
  end_.request();  // nobody is there any more
}

// Reads what is there and acts on whole lines. False at the socket's end.
bool ChildLink::read_some(std::string& line) {
  char room[4096];
  const ssize_t got = ::read(watch_->fd(), room, sizeof room);
  if (got < 0 && errno == EINTR) return true;
  if (got < 0 && errno == EAGAIN) {
    watch_->readiness.readable = false;
    return true;
  }
  if (got <= 0) return false;
  for (const char c : std::string_view(room, static_cast<std::size_t>(got))) {
    if (c == '\n') {
      take_line(line);
      line.clear();
    } else if (line.size() < kLineMax) {
      line += c;
    }
  }
  return true;
}

void ChildLink::take_line(const std::string& line) {
  const auto message = base::parse_json(line);
  if (!message || !message->is_object()) return;
  const auto* drain = message->get_object().if_contains("drain");
  if (drain != nullptr && drain->is_bool() && drain->get_bool()) end_.request();
}

void ChildLink::write_line(std::string line) {
  if (!watch_) return;
  if (!write_unsent()) {
    ++dropped_;
    return;
  }
  unsent_ = std::move(line);
  unsent_ += '\n';
  const std::size_t whole = unsent_.size();
  write_unsent();
  if (unsent_.size() == whole) {
    ++dropped_;
    unsent_.clear();
  }
}

// True when nothing is left.
bool ChildLink::write_unsent() {
  while (!unsent_.empty()) {
    const ssize_t put = ::send(watch_->fd(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    unsent_.erase(0, static_cast<std::size_t>(put));
  }
  return true;
}

}  // namespace weir::lab
