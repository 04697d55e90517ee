#include "http/fetch.hpp"

#include <fmt/format.h>

namespace weir::http {
namespace {

std::string write_head(const FetchRequest& request) {
  std::string head =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target, request.host);
  for (const auto& [name, value] : request.fields) head += name + ": " + value + "\r\n";
  if (!request.body.empty() || request.method != "GET") {
    head += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  head += "\r\n";
  return head;
}

BodyDecoder decoder_of(const ResponseHead& head) {
  switch (head.framing) {
    case Framing::length:
      return BodyDecoder::length(head.content_length);
    case Framing::chunked:
      return BodyDecoder::chunked({});
    case Framing::until_close:
      return BodyDecoder::until_close();
    case Framing::none:
      break;
  }
  return BodyDecoder::none();
}

void copy_head(const ResponseHead& head, Fetched& out) {
  out.status = head.status;
  out.content_type = head.fields.find(FieldId::content_type);
  for (const Field& field : head.fields) {
    out.fields.emplace_back(head.fields.name(field), head.fields.value(field));
  }
}

}  // namespace

runtime::Task<base::Result<Fetched>> fetch(LaneContext& context, ClientPool& pool,
                                           FetchRequest request, base::Deadline deadline) {
  std::unique_ptr<ClientConnection> upstream = pool.take();
  if (!upstream) {
    auto connecting = pool.connect(deadline);
    WEIR_CO_TRY(upstream, co_await connecting);
  }
  const std::string head = write_head(request);
  auto sending = net::send_all(*upstream->stream, {.head = head, .body = request.body}, deadline,
                               base::Origin::upstream);
  WEIR_CO_CHECK(co_await sending);
  Fetched out;
  bool any = false;
  for (;;) {
    auto reading = upstream->read_head(context, request.method, deadline, any);
    WEIR_CO_CHECK(co_await reading);
    upstream->body = decoder_of(context.response);
    upstream->keep_alive = context.response.keep_alive;
    const std::uint32_t bytes = context.response.bytes;
    const bool interim = context.response.status < 200;
    if (!interim) copy_head(context.response, out);
    upstream->input.consume(bytes);
    if (!interim) break;
  }
  while (!upstream->body.done()) {
    if (upstream->input.empty()) {
      auto reading = upstream->read_more(deadline);
      const auto read = co_await reading;
      if (!read) {
        const bool ended = read.error().code() == base::Errc::closed &&
                           upstream->body.framing() == Framing::until_close;
        if (!ended) co_return base::Fail(read.error());
        upstream->keep_alive = false;
        break;
      }
    }
    const std::span<char> bytes(const_cast<char*>(upstream->input.data()), upstream->input.size());
    const BodyDecoder::Step step = upstream->body.decode(bytes);
    if (step.refused) co_return base::fail(base::Errc::bad_message, step.why);
    if (out.body.size() + step.content > request.body_max) {
      co_return base::fail(base::Errc::too_large, "the response is too large");
    }
    out.body.append(upstream->input.data(), step.content);
    upstream->input.consume(step.consumed);
  }
  if (upstream->keep_alive && upstream->body.done() && upstream->input.empty()) {
    pool.give(std::move(upstream));
  }
  co_return out;
}

}  // namespace weir::http
