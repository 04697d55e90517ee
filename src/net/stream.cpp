#include "net/stream.hpp"

#include <array>

#include "runtime/lane.hpp"

namespace weir::net {

base::Error Stream::broken(std::string_view doing, base::Origin origin) const {
  if (os_error_ != 0) return base::Error::from_errno(os_error_, doing, origin);
  return base::Error(base::Errc::closed, std::string(doing) + ": the peer ended the stream", origin);
}

runtime::Task<base::Result<void>> send_rest(Stream& stream, std::string first,
                                            std::string_view second, base::Deadline deadline,
                                            base::Origin origin) {
  std::string_view head = first;
  while (!head.empty() || !second.empty()) {
    const runtime::Wake wake = co_await stream.readiness().wait_writable(deadline);
    if (wake == runtime::Wake::deadline) {
      co_return base::fail(base::Errc::deadline, "the peer does not read", origin);
    }
    if (wake == runtime::Wake::cancelled) co_return base::fail(base::Errc::cancelled);
    const std::array<iovec, 2> parts = {part(head), part(second)};
    const std::size_t skip = head.empty() ? 1 : 0;
    const std::size_t count = second.empty() ? 1 : 2 - skip;
    const IoCount sent = stream.try_send(std::span(parts).subspan(skip, count));
    if (sent.status == IoStatus::broken) co_return base::Fail(stream.broken("send", origin));
    const std::size_t from_head = std::min(sent.bytes, head.size());
    head.remove_prefix(from_head);
    second.remove_prefix(sent.bytes - from_head);
  }
  co_return base::Result<void>();
}

runtime::Task<base::Result<void>> send_all(Stream& stream, std::string_view bytes,
                                           base::Deadline deadline, base::Origin origin) {
  auto sending = send_rest(stream, std::string(), bytes, deadline, origin);
  co_return co_await sending;
}

}  // namespace weir::net
