#include "http/connection.hpp"

#include "base/clock.hpp"
#include "http/h1_request.hpp"
#include "runtime/frame_pool.hpp"
#include "runtime/lane.hpp"

namespace weir::http {
namespace {

constexpr std::size_t kLingerBytesMax = 64 * 1024;
constexpr base::Duration kLingerTime = std::chrono::seconds(1);
constexpr std::size_t kMalformedBytesKept = 4096;

// An exchange in a block of the frame pool: in the connection's own frame its 200 bytes would be
// held by every idle connection.
class PooledExchange {
 public:
  template <class... Arguments>
  explicit PooledExchange(Arguments&&... arguments)
      : exchange_(new(runtime::allocate_frame(sizeof(Exchange)))
                      Exchange(std::forward<Arguments>(arguments)...)) {}
  PooledExchange(const PooledExchange&) = delete;
  PooledExchange& operator=(const PooledExchange&) = delete;
  ~PooledExchange() {
    exchange_->~Exchange();
    runtime::release_frame(exchange_, sizeof(Exchange));
  }
  Exchange& operator*() noexcept { return *exchange_; }
  Exchange* operator->() noexcept { return exchange_; }

 private:
  Exchange* exchange_;
};

}  // namespace

void Connection::drain() noexcept {
  draining_ = true;
  // A request that is already here is served, and told that the connection ends with it.
  if (idle_ && input_.empty() && stream_->is_quiet()) stream_->readiness().cancel();
}

// Judges what the input holds; plain code, so that a keep-alive request costs no frame of its own.
Verdict Connection::judge_input(HeadWait& wait) {
  if (input_.empty()) return Verdict::incomplete();
  if (!wait.begun) {
    wait.begun = true;
    wait.deadline = context_.lane.after(limits_.head_time);
    idle_ = false;
  }
  Verdict verdict;
  if (worth_parsing(input_.view(), wait.judged, limits_.head)) {
    verdict = parse_request(input_.view(), limits_.head, context_.path(), context_.request);
  }
  if (verdict.kind == Verdict::Kind::incomplete) {
    wait.judged = input_.size();
    input_.shrink();
  }
  return verdict;
}

// Reads once after a wait. `complete` here means: go on judging; `refused`: answer; else it is
// over.
Verdict Connection::take_bytes(runtime::Wake wake, const HeadWait& wait, bool& over) {
  over = wake == runtime::Wake::cancelled || (wake == runtime::Wake::deadline && !wait.begun);
  if (over) return Verdict::incomplete();
  if (wake == runtime::Wake::deadline) {
    return Verdict::refuse(408, "the request's head did not arrive in time", input_.size());
  }
  const net::IoCount got = stream_->fill(input_.room());
  if (got.status == net::IoStatus::ok) {
    input_.filled(got.bytes);
  } else {
    if (input_.empty()) input_.release();
    over = got.status != net::IoStatus::again;
  }
  return Verdict::incomplete();
}

runtime::Task<void> Connection::serve(Handler& handler, Malformed& malformed) {
  for (;;) {
    idle_ = true;
    HeadWait wait;
    wait.deadline = context_.lane.after(served_ == 0 ? limits_.head_time : limits_.idle);
    bool over = false;
    Verdict verdict = judge_input(wait);
    while (verdict.kind == Verdict::Kind::incomplete && !over) {
      const runtime::Wake wake = co_await stream_->readiness().wait_readable(wait.deadline);
      verdict = take_bytes(wake, wait, over);
      if (!over && !verdict.is_refused()) verdict = judge_input(wait);
    }
    if (over) break;
    if (verdict.is_refused()) {
      auto refusing = refuse(verdict, malformed);
      co_await refusing;
      break;
    }
    PooledExchange exchange(context_, *stream_, input_, peer_, limits_, counters_);
    if (draining_) exchange->close_after();
    auto serving = handler.serve(*exchange);
    co_await serving;
    exchange->take_head();
    ++served_;
    if (exchange->tunnelled) break;
    if (exchange->aborted() || !exchange->responded()) {
      stream_->set_reset_on_close();
      break;
    }
    // An unread body is never parsed as a request.
    if (!exchange->keep_alive() || !exchange->body().done() || draining_) {
      // A client that said it was done has nothing under way that a plain close could lose.
      const bool clean = exchange->is_last() && exchange->body().done() && input_.empty() &&
                         !stream_->readiness().readable;
      if (clean) break;
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
