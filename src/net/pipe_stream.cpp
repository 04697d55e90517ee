#include "net/pipe_stream.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/assert.hpp"

namespace weir::net {

PipeStream::PipeStream(runtime::Lane& lane, std::shared_ptr<Shared> shared, int side)
    : Stream(lane), shared_(std::move(shared)), side_(side) {
  shared_->end[side] = this;
  readiness_.writable = true;
}

std::pair<std::unique_ptr<PipeStream>, std::unique_ptr<PipeStream>> PipeStream::make_pair(
    runtime::Lane& lane, Options options) {
  auto shared = std::make_shared<Shared>();
  shared->options = options;
  std::unique_ptr<PipeStream> first(new PipeStream(lane, shared, 0));
  std::unique_ptr<PipeStream> second(new PipeStream(lane, shared, 1));
  return {std::move(first), std::move(second)};
}

PipeStream::~PipeStream() {
  shared_->end[side_] = nullptr;
  outgoing().ended = true;
  outgoing().reset = reset_on_close_;
  if (reset_on_close_) outgoing().bytes.clear();
  if (PipeStream* other = peer()) {
    other->readiness_.signal_hangup();
    other->readiness_.signal_writable();
  }
}

IoCount PipeStream::fill(std::span<char> room) {
  Direction& in = incoming();
  if (in.reset) {
    os_error_ = ECONNRESET;
    return {IoStatus::broken};
  }
  if (in.bytes.empty()) {
    if (in.ended) return {IoStatus::ended};
    readiness_.readable = false;
    return {IoStatus::again};
  }
  const std::size_t count = std::min({in.bytes.size(), room.size(), shared_->options.read_max});
  std::memcpy(room.data(), in.bytes.data(), count);
  in.bytes.erase(0, count);
  if (in.bytes.empty() && !in.ended) readiness_.readable = false;
  if (PipeStream* other = peer()) other->readiness_.signal_writable();
  return {IoStatus::ok, count};
}

IoCount PipeStream::try_send(std::span<const iovec> parts) {
  Direction& out = outgoing();
  if (peer() == nullptr || out.ended) {
    os_error_ = EPIPE;
    return {IoStatus::broken};
  }
  std::size_t sent = 0;
  for (const iovec& each : parts) {
    const std::size_t room = shared_->options.capacity - out.bytes.size();
    const std::size_t count = std::min(room, each.iov_len);
    out.bytes.append(static_cast<const char*>(each.iov_base), count);
    sent += count;
    if (count < each.iov_len) {
      readiness_.writable = false;
      break;
    }
  }
  if (sent == 0) return {IoStatus::again};
  peer()->readiness_.signal_readable();
  return {IoStatus::ok, sent};
}

void PipeStream::end_writing() noexcept {
  outgoing().ended = true;
  if (PipeStream* other = peer()) other->readiness_.signal_hangup();
}

bool PipeStream::is_quiet() noexcept {
  return incoming().bytes.empty() && !incoming().ended && peer() != nullptr;
}

void PipeStream::push(std::string_view bytes) {
  if (bytes.empty() || peer() == nullptr) return;
  const iovec whole = part(bytes);
  const IoCount sent = try_send({&whole, 1});
  WEIR_ASSERT(sent.status == IoStatus::ok && sent.bytes == bytes.size());
}

std::string PipeStream::take() {
  std::string out = std::exchange(incoming().bytes, {});
  if (PipeStream* other = peer(); other != nullptr && !out.empty()) {
    other->readiness_.signal_writable();
  }
  return out;
}

bool PipeStream::peer_ended() const noexcept {
  return incoming().bytes.empty() && incoming().ended;
}

bool PipeStream::peer_reset() const noexcept { return incoming().reset; }

}  // namespace weir::net
