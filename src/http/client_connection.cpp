#include "http/client_connection.hpp"

#include "http/h1_response.hpp"

namespace weir::http {

runtime::Task<base::Result<void>> ClientConnection::read_more(base::Deadline deadline) {
  for (;;) {
    const runtime::Wake wake = co_await stream->readiness().wait_readable(deadline);
    if (wake == runtime::Wake::deadline) {
      co_return base::fail(base::Errc::deadline, "the upstream did not answer in time",
                           base::Origin::upstream);
    }
    if (wake == runtime::Wake::cancelled) {
      co_return base::fail(base::Errc::cancelled, {}, base::Origin::downstream);
    }
    const net::IoCount got = stream->fill(input.room());
    if (got.status == net::IoStatus::ok) {
      input.filled(got.bytes);
      co_return base::Result<void>();
    }
    if (input.empty()) input.release();
    if (got.status == net::IoStatus::ended) {
      co_return base::fail(base::Errc::closed, "the upstream closed the connection",
                           base::Origin::upstream);
    }
    if (got.status == net::IoStatus::broken) {
      co_return base::Fail(stream->broken("read the response", base::Origin::upstream));
    }
  }
}

runtime::Task<base::Result<void>> ClientConnection::read_head(LaneContext& context,
                                                              std::string_view method,
                                                              base::Deadline deadline, bool& any) {
  static constexpr HeadLimits kLimits;
  for (;;) {
    if (!input.empty()) {
      any = true;
      const Verdict verdict = parse_response(input.view(), kLimits, method, context.response);
      if (verdict.is_complete()) co_return base::Result<void>();
      if (verdict.is_refused()) {
        co_return base::fail(base::Errc::bad_message, verdict.why, base::Origin::upstream);
      }
    }
    auto reading = read_more(deadline);
    WEIR_CO_CHECK(co_await reading);
  }
}

}  // namespace weir::http
