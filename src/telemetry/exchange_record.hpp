#pragma once
// ExchangeRecord: one finished exchange as the access log needs it, of fixed size so that writing
// one down allocates nothing. Names are copied, not referred to: the record is read later, on
// another thread, when the service may be gone. Texts longer than their field are cut.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "base/clock.hpp"
#include "telemetry/reason.hpp"

namespace weir::telemetry {

/// Up to N bytes. The bytes after size() are left as they were: clearing 1 KB per record would cost
/// more than the rest of it.
template <std::size_t N>
class FixedText {
 public:
  static_assert(N < 0x8000);

  void set(std::string_view text) noexcept {
    const std::size_t kept = text.size() < N ? text.size() : N;
    if (kept != 0) std::memcpy(bytes_, text.data(), kept);
    size_ = static_cast<std::uint16_t>(kept);
    cut_ = text.size() > N;
  }
  void clear() noexcept { size_ = 0; }
  /// Lifetime: until the next set.
  std::string_view view() const noexcept { return {bytes_, size_}; }
  /// Whether set() had to leave something out.
  bool is_cut() const noexcept { return cut_; }

 private:
  std::uint16_t size_;
  bool cut_;
  char bytes_[N];
};

enum class Protocol : std::uint8_t { http10, http11, http2, grpc, websocket };

constexpr std::string_view name(Protocol protocol) noexcept {
  switch (protocol) {
    case Protocol::http10:
      return "HTTP/1.0";
    case Protocol::http11:
      return "HTTP/1.1";
    case Protocol::http2:
      return "HTTP/2";
    case Protocol::grpc:
      return "gRPC";
    case Protocol::websocket:
      return "WebSocket";
  }
  return "unknown";
}

/// Nothing has a default: whoever claims a record sets every field (a record is reused).
struct ExchangeRecord {
  std::int64_t wall_ms;  ///< when it began
  base::Duration duration;
  base::Duration upstream;  ///< of it, spent waiting for the endpoint; 0 when none was asked
  std::uint64_t bytes_in;
  std::uint64_t bytes_out;
  std::uint32_t service_number;  ///< 0 when no route was found
  std::uint32_t endpoint_id;     ///< 0 when none was asked
  std::uint16_t status;          ///< 0 when the client got none
  std::uint16_t lane;
  std::uint8_t attempts;
  Reason reason;
  Flags flags;
  Protocol protocol;
  FixedText<16> method;
  FixedText<36> request_id;
  FixedText<32> trace_id;  ///< empty when the exchange is part of no trace
  FixedText<46> client;    ///< address, no port
  FixedText<64> service;
  FixedText<64> endpoint;
  FixedText<256> host;
  FixedText<256> path;  ///< with the query
  FixedText<128> user_agent;
};
static_assert(std::is_trivially_copyable_v<ExchangeRecord>);

}  // namespace weir::telemetry
