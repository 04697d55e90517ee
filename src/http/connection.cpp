#include "http/connection.hpp"

#include "base/clock.hpp"
#include "http/h1_request.hpp"
#include "runtime/lane.hpp"

namespace weir::http {
namespace {

constexpr std::size_t kLingerBytesMax = 64 * 1024;
constexpr base::Duration kLingerTime = std::chrono::seconds(1);
constexpr std::size_t kMalformedBytesKept = 4096;

}  // namespace

void Connection::drain() noexcept {
  draining_ = true;
  if (idle_) stream_->readiness().cancel();
}

runtime::Task<Connection::HeadWait> Connection::read_head(Verdict& verdict) {
  base::Deadline deadline = context_.lane.after(served_ == 0 ? limits_.head_time : limits_.idle);
  bool begun = false;
  std::size_t judged = 0;
  for (;;) {
    if (!input_.empty()) {
      if (!begun) deadline = context_.lane.after(limits_.head_time);
      begun = true;
      idle_ = false;
      if (worth_parsing(input_.view(), judged, limits_.head)) {
        verdict = parse_request(input_.view(), limits_.head, context_.path(), context_.request);
        if (verdict.is_complete()) co_return HeadWait::complete;
        if (verdict.is_refused()) co_return HeadWait::refused;
      }
      judged = input_.size();
      input_.shrink();
    }
    const runtime::Wake wake = co_await stream_->readiness().wait_readable(deadline);
    if (wake == runtime::Wake::cancelled) co_return HeadWait::gone;
    if (wake == runtime::Wake::deadline) {
      if (!begun) co_return HeadWait::gone;
      verdict = Verdict::refuse(408, "the request's head did not arrive in time", input_.size());
      co_return HeadWait::refused;
    }
    const net::IoCount got = stream_->fill(input_.room());
    if (got.status == net::IoStatus::ok) {
      input_.filled(got.bytes);
    } else {
      if (input_.empty()) input_.release();
      if (got.status != net::IoStatus::again) co_return HeadWait::gone;
    }
  }
}

runtime::Task<void> Connection::serve(Handler& handler, Malformed& malformed) {
  for (;;) {
    idle_ = true;
    Verdict verdict;
    auto reading = read_head(verdict);
    const HeadWait wait = co_await reading;
    if (wait == HeadWait::gone) break;
    if (wait == HeadWait::refused) {
      auto refusing = refuse(verdict, malformed);
      co_await refusing;
      break;
    }
    idle_ = false;
    Exchange exchange(context_, *stream_, input_, peer_, limits_, counters_);
    if (draining_) exchange.close_after();
    auto serving = handler.serve(exchange);
    co_await serving;
    exchange.take_head();
    ++served_;
    stream_->readiness().watch_hangup(nullptr);
    if (exchange.tunnelled) break;
    if (exchange.aborted() || !exchange.responded()) {
      stream_->set_reset_on_close();
      break;
    }
    // An unread body is never parsed as a request.
    if (!exchange.keep_alive() || !exchange.body().done() || draining_) {
      auto lingering = linger();
      co_await lingering;
      break;
    }
  }
  input_.release();
}

runtime::Task<void> Connection::refuse(const Verdict& verdict, Malformed& malformed) {
  counters_.malformed.add();
  malformed.verdict = verdict;
  malformed.bytes.assign(input_.view().substr(0, kMalformedBytesKept));
  malformed.wall_ms = base::wall_ms();
  context_.request.minor = 1;
  context_.request.method = {};
  context_.request.bytes = 0;
  context_.request.framing = Framing::none;
  context_.request.expects_continue = context_.request.keep_alive = false;
  Exchange exchange(context_, *stream_, input_, peer_, limits_, counters_);
  Problem problem;
  problem.status = verdict.status;
  problem.detail = verdict.why;
  problem.reason = "PE";
  Response response = problem_response(problem);
  response.close = true;
  response.fields.emplace_back("Proxy-Status", "weir; error=http_request_error");
  if (verdict.status == 405) {
    response.fields.emplace_back("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
  }
  auto responding = exchange.respond(std::move(response));
  const auto sent = co_await responding;
  if (!sent) co_return;
  auto lingering = linger();
  co_await lingering;
}

runtime::Task<void> Connection::linger() {
  stream_->end_writing();
  input_.release();
  const base::Deadline deadline = context_.lane.after(kLingerTime);
  std::size_t dropped = 0;
  while (dropped < kLingerBytesMax) {
    const runtime::Wake wake = co_await stream_->readiness().wait_readable(deadline);
    if (wake != runtime::Wake::ready) break;
    const net::IoCount got = stream_->fill(context_.out());
    if (got.status == net::IoStatus::again) continue;
    if (got.status != net::IoStatus::ok) break;
    dropped += got.bytes;
  }
}

}  // namespace weir::http
