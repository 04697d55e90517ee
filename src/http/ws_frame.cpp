#include "http/ws_frame.hpp"

#include <algorithm>
#include <utility>

#include "base/utf8.hpp"

namespace weir::http {
namespace {

constexpr std::size_t kControlMax = 125;
constexpr unsigned char kFin = 0x80;
constexpr unsigned char kReserved = 0x70;
constexpr unsigned char kMasked = 0x80;

bool is_control(unsigned opcode) noexcept { return (opcode & 8u) != 0; }

// Codes that may be on the wire: defined ones, and those of libraries and applications.
bool is_close_code(unsigned code) noexcept {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

}  // namespace

// The first two bytes say how long the head is.
std::size_t WsReader::head_needed() const noexcept {
  if (head_size_ < 2) return 2;
  const unsigned length = head_[1] & 0x7fu;
  const std::size_t extended = length == 126 ? 2 : (length == 127 ? 8 : 0);
  return 2 + extended + ((head_[1] & kMasked) != 0 ? 4 : 0);
}

WsReader::Step WsReader::refuse(std::size_t consumed, WsClose code, const char* why) {
  ended_ = true;
  return {consumed, std::nullopt, code, why};
}

WsReader::Step WsReader::read(std::string_view bytes) {
  if (ended_) return {bytes.size(), std::nullopt, 0, ""};
  std::size_t at = 0;
  for (;;) {
    while (!in_payload_) {
      if (head_size_ >= 2 && head_size_ == head_needed()) {
        if (auto refused = begin_frame(at)) return std::move(*refused);
        break;
      }
      if (at == bytes.size()) return {at, std::nullopt, 0, ""};
      head_[head_size_++] = static_cast<unsigned char>(bytes[at++]);
      // An unmasked head is shorter; say so before its payload is taken for a mask.
      if (head_size_ == 2 && (head_[1] & kMasked) == 0) {
        return refuse(at, kWsProtocol, "a client's frame is not masked");
      }
    }
    const std::size_t take = std::min<std::uint64_t>(left_, bytes.size() - at);
    std::string& into = is_control(static_cast<unsigned>(kind_)) ? control_ : message_;
    for (std::size_t i = 0; i < take; ++i) {
      into += static_cast<char>(static_cast<unsigned char>(bytes[at + i]) ^ mask_[masked_++ % 4]);
    }
    at += take;
    left_ -= take;
    if (left_ > 0) return {at, std::nullopt, 0, ""};
    Step step = end_frame(at);
    if (step.message || step.refused != 0) return step;
  }
}

// The head is whole. Something only when it is refused.
std::optional<WsReader::Step> WsReader::begin_frame(std::size_t consumed) {
  const unsigned opcode = head_[0] & 0x0fu;
  const unsigned marker = head_[1] & 0x7fu;
  is_last_ = (head_[0] & kFin) != 0;
  if ((head_[0] & kReserved) != 0) return refuse(consumed, kWsProtocol, "a reserved bit is set");
  if ((opcode > 2 && opcode < 8) || opcode > 10) {
    return refuse(consumed, kWsProtocol, "an unknown opcode");
  }
  std::uint64_t length = marker;
  std::size_t at = 2;
  if (marker >= 126) {
    length = 0;
    for (const std::size_t end = at + (marker == 126 ? 2 : 8); at < end; ++at) {
      length = length << 8 | head_[at];
    }
    const bool is_shortest = length >= (marker == 126 ? 126u : 65536u);
    if (!is_shortest || (length >> 63) != 0) {
      return refuse(consumed, kWsProtocol, "a length in a form it may not have");
    }
  }
  std::copy_n(head_ + at, 4, mask_);
  kind_ = static_cast<WsKind>(opcode);
  if (is_control(opcode)) {
    if (!is_last_) return refuse(consumed, kWsProtocol, "a control frame in pieces");
    if (length > kControlMax)
      return refuse(consumed, kWsProtocol, "a control frame over 125 bytes");
    control_.clear();
  } else {
    if ((kind_ == WsKind::continuation) != message_kind_.has_value()) {
      return refuse(consumed, kWsProtocol, "a message begins inside another, or nothing goes on");
    }
    if (length > limits_.message_max - message_.size()) {
      return refuse(consumed, kWsTooLarge, "the message is too large");
    }
    if (++frames_ > limits_.frames_max) {
      return refuse(consumed, kWsPolicy, "the message comes in too many pieces");
    }
    if (!message_kind_) message_kind_ = kind_;
  }
  left_ = length;
  masked_ = 0;
  in_payload_ = true;
  return std::nullopt;
}

WsReader::Step WsReader::end_frame(std::size_t consumed) {
  in_payload_ = false;
  head_size_ = 0;
  if (kind_ == WsKind::close) return end_close(consumed);
  if (is_control(static_cast<unsigned>(kind_))) {
    return {consumed, WsMessage{kind_, std::exchange(control_, {})}, 0, ""};
  }
  if (!is_last_) return {consumed, std::nullopt, 0, ""};
  WsMessage message{*message_kind_, std::exchange(message_, {})};
  message_kind_.reset();
  frames_ = 0;
  if (message.kind == WsKind::text && !base::is_utf8(message.payload)) {
    return refuse(consumed, kWsBadText, "a text that is not UTF-8");
  }
  return {consumed, std::move(message), 0, ""};
}

WsReader::Step WsReader::end_close(std::size_t consumed) {
  ended_ = true;
  if (control_.empty()) return {consumed, WsMessage{WsKind::close, {}, kWsNoCode}, 0, ""};
  if (control_.size() == 1) return refuse(consumed, kWsProtocol, "half a close code");
  const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(control_[i]); };
  const unsigned code = static_cast<unsigned>(byte(0)) << 8 | byte(1);
  if (!is_close_code(code)) return refuse(consumed, kWsProtocol, "a close code that may not be");
  std::string reason = control_.substr(2);
  if (!base::is_utf8(reason)) return refuse(consumed, kWsBadText, "a reason that is not UTF-8");
  return {consumed, WsMessage{WsKind::close, std::move(reason), static_cast<std::uint16_t>(code)},
          0, ""};
}

std::string ws_frame(WsKind kind, std::string_view payload) {
  std::string out;
  out.reserve(payload.size() + 10);
  out += static_cast<char>(kFin | static_cast<unsigned>(kind));
  const std::uint64_t size = payload.size();
  const int extra = size < 126 ? 0 : (size < 65536 ? 2 : 8);
  out += static_cast<char>(extra == 0 ? size : (extra == 2 ? 126 : 127));
  for (int i = extra - 1; i >= 0; --i) out += static_cast<char>(size >> (8 * i));
  out += payload;
  return out;
}

std::string ws_close_frame(std::uint16_t code, std::string_view reason) {
  if (code == kWsNoCode) return ws_frame(WsKind::close, {});
  std::size_t end = std::min(reason.size(), kControlMax - 2);
  while (end > 0 && !base::is_utf8(reason.substr(0, end))) --end;
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  payload += reason.substr(0, end);
  return ws_frame(WsKind::close, payload);
}

}  // namespace weir::http
