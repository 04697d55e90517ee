#pragma once
// WebSocket frames, the server's side: masked frames of a client become whole messages, and
// messages of ours become frames. Pure: bytes in, messages out, however the bytes are cut.
// (RFC 6455, section 5 and 7.4; the handshake is in websocket.hpp)
//
//  1. What breaks the protocol ends it: refused names the code of our Close frame, and nothing that
//     comes after is looked at. The same after a Close of the client.
//  2. Bounds: a message's bytes, judged by the length a frame announces before its bytes are here,
//     and the frames it may come in.
//  3. No extension is spoken: reserved bits are a violation.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::http {

enum class WsKind : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping, pong };

/// Why a connection ends. (RFC 6455, 7.4.1)
enum WsClose : std::uint16_t {
  kWsNormal = 1000,
  kWsGoingAway = 1001,
  kWsProtocol = 1002,
  kWsUnsupported = 1003,
  kWsNoCode = 1005,  ///< never on the wire: a Close without a code
  kWsBadText = 1007,
  kWsPolicy = 1008,
  kWsTooLarge = 1009,
};

struct WsMessage {
  WsKind kind = WsKind::text;  ///< text, binary, close, ping or pong
  std::string payload;         ///< of a Close: its reason
  std::uint16_t code = 0;      ///< of a Close
};

struct WsLimits {
  std::size_t message_max = 64 * 1024;
  std::uint32_t frames_max = 128;  ///< of one message: a thousand empty ones are an attack
};

class WsReader {
 public:
  explicit WsReader(WsLimits limits = {}) : limits_(limits) {}

  struct Step {
    std::size_t consumed = 0;
    std::optional<WsMessage> message;  ///< one became whole with the last byte consumed
    std::uint16_t refused = 0;         ///< close with this code
    const char* why = "";              ///< static
  };
  /// Takes bytes from the front: all of them, or up to the end of a message.
  Step read(std::string_view bytes);

  /// A Close came, or the client was refused: nothing is read any more.
  bool ended() const noexcept { return ended_; }

 private:
  static constexpr std::size_t kHeadMax = 14;

  std::size_t head_needed() const noexcept;
  Step refuse(std::size_t consumed, WsClose code, const char* why);
  std::optional<Step> begin_frame(std::size_t consumed);
  Step end_frame(std::size_t consumed);
  Step end_close(std::size_t consumed);

  const WsLimits limits_;
  // The frame that is being read.
  unsigned char head_[kHeadMax] = {};
  std::size_t head_size_ = 0;
  bool in_payload_ = false;
  WsKind kind_ = WsKind::text;
  bool is_last_ = false;
  unsigned char mask_[4] = {};
  std::uint64_t left_ = 0;  // bytes of its payload to come
  std::size_t masked_ = 0;  // bytes of it that are here
  std::string control_;     // payload of a control frame
  // The message that is being read; control frames may come in between.
  std::optional<WsKind> message_kind_;
  std::string message_;
  std::uint32_t frames_ = 0;
  bool ended_ = false;
};

/// One whole frame, as a server sends it: not masked.
std::string ws_frame(WsKind kind, std::string_view payload);
/// A Close; the reason is cut to the 123 bytes that fit. kWsNoCode: without code and reason.
std::string ws_close_frame(std::uint16_t code, std::string_view reason);

}  // namespace weir::http
