#include "net/stream.hpp"

#include <algorithm>
#include <array>

#include "runtime/lane.hpp"

namespace weir::net {

base::Error Stream::broken(std::string_view doing, base::Origin origin) const {
  if (os_error_ != 0) return base::Error::from_errno(os_error_, doing, origin);
  return base::Error(base::Errc::closed, std::string(doing) + ": the peer ended the stream",
                     origin);
}

Sent send_now(Stream& stream, Gather& parts) {
  if (!stream.readiness().writable) return Sent::some;
  std::array<iovec, 3> each;
  std::size_t count = 0;
  if (!parts.head.empty()) each[count++] = part(parts.head);
  if (!parts.body.empty()) each[count++] = part(parts.body);
  if (!parts.tail.empty()) each[count++] = part(parts.tail);
  if (count == 0) return Sent::all;
  const std::size_t wanted = parts.size();
  const IoCount sent = stream.try_send({each.data(), count});
  if (sent.status == IoStatus::broken) return Sent::broken;
  if (sent.bytes == wanted) [[likely]]
    return Sent::all;
  std::size_t left = sent.bytes;
  for (std::string_view* run : {&parts.head, &parts.body, &parts.tail}) {
    const std::size_t taken = std::min(left, run->size());
    run->remove_prefix(taken);
    left -= taken;
  }
  return Sent::some;
}

runtime::Task<base::Result<void>> send_rest(Stream& stream, std::string head, std::string_view body,
                                            std::string tail, base::Deadline deadline,
                                            base::Origin origin, base::Duration patience) {
  Gather parts{head, body, tail};
  for (;;) {
    const runtime::Wake wake = co_await stream.readiness().wait_writable(
        deadline.shortened(stream.lane().after(patience)));
    if (wake == runtime::Wake::deadline) {
      co_return base::fail(base::Errc::deadline, "the peer does not read", origin);
    }
    if (wake == runtime::Wake::cancelled) co_return base::fail(base::Errc::cancelled);
    const Sent sent = send_now(stream, parts);
    if (sent == Sent::all) co_return base::Result<void>();
    if (sent == Sent::broken) co_return base::Fail(stream.broken("send", origin));
  }
}

runtime::Task<base::Result<void>> send_all(Stream& stream, Gather parts, base::Deadline deadline,
                                           base::Origin origin, base::Duration patience) {
  const Sent sent = send_now(stream, parts);
  if (sent == Sent::all) co_return base::Result<void>();
  if (sent == Sent::broken) co_return base::Fail(stream.broken("send", origin));
  std::string head(parts.head);
  std::string tail(parts.tail);
  auto sending =
      send_rest(stream, std::move(head), parts.body, std::move(tail), deadline, origin, patience);
  co_return co_await sending;
}

runtime::Task<base::Result<void>> send_upstream(Stream& stream, Gather parts,
                                                base::Deadline deadline, base::Duration patience) {
  Sent sent = send_now(stream, parts);
  std::string head;
  std::string tail;
  if (sent == Sent::some) {  // they may lie in scratch memory that a suspension invalidates
    head.assign(parts.head);
    tail.assign(parts.tail);
    parts = {head, parts.body, tail};
  }
  runtime::Readiness& ends = stream.readiness();
  while (sent == Sent::some) {
    const base::Deadline standstill = deadline.shortened(stream.lane().after(patience));
    runtime::Wake wake = runtime::Wake::ready;
    if (!ends.readable) {
      wake = co_await runtime::WritableOrReadable(ends, standstill);
    } else {
      wake =
          co_await ends.wait_writable(standstill.shortened(stream.lane().after(kAnsweredPatience)));
    }
    if (wake == runtime::Wake::deadline) {
      co_return base::fail(base::Errc::deadline, "the upstream does not read",
                           base::Origin::upstream);
    }
    if (wake == runtime::Wake::cancelled) co_return base::fail(base::Errc::cancelled);
    sent = send_now(stream, parts);
  }
  if (sent == Sent::broken) co_return base::Fail(stream.broken("send", base::Origin::upstream));
  co_return base::Result<void>();
}

}  // namespace weir::net
