#include "http/body_pump.hpp"

#include <charconv>

#include "http/splice.hpp"
#include "runtime/lane.hpp"

namespace weir::http {
namespace {

// After so many reads without a wait the other connections of the lane get their turn.
constexpr int kPiecesPerTurn = 16;

DownloadEnd download_failed(DownloadEnd::Kind kind, const base::Error& error) {
  return {kind, error.code()};
}

UploadEnd upload_failed(UploadEnd::Kind kind, const base::Error& error, const char* why) {
  return {kind, error.code(), why};
}

}  // namespace

FramedPiece::FramedPiece(Coding coding, std::string_view content, bool last,
                         std::string_view trailers)
    : content_(content) {
  if (coding == Coding::plain) return;
  if (!content.empty()) {
    char* end = std::to_chars(size_line_, size_line_ + 16, content.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    size_bytes_ = static_cast<std::uint8_t>(end - size_line_);
    tail_ = last ? "\r\n0\r\n\r\n" : "\r\n";
  } else if (last) {
    tail_ = "0\r\n\r\n";
  }
  if (last && !trailers.empty()) {
    long_tail_ = content.empty() ? "0\r\n" : "\r\n0\r\n";
    long_tail_ += trailers;
    long_tail_ += "\r\n";
    tail_ = long_tail_;
  }
}

runtime::Task<UploadEnd> pump_request_body(Exchange& exchange, ClientConnection& upstream,
                                           Coding coding, base::Duration idle,
                                           std::uint64_t body_max) {
  using Kind = UploadEnd::Kind;
  runtime::Readiness& client = exchange.client().readiness();
  runtime::Readiness& answer = upstream.stream->readiness();
  int pieces = 0;
  for (;;) {
    const auto piece = exchange.decode_body();
    if (!piece) {
      co_return upload_failed(Kind::client_failed, piece.error(), "a malformed body");
    }
    if (body_max != 0 && exchange.body_bytes() > body_max) {
      co_return UploadEnd{Kind::client_failed, base::Errc::too_large, "the body is too large"};
    }
    const FramedPiece framed(coding, {exchange.input().data(), piece->content}, piece->last,
                             exchange.body().trailers());
    const net::Gather parts = framed.gather();
    if (parts.size() > 0) {
      auto sending = net::send_upstream(*upstream.stream, parts, {}, idle);
      const auto sent = co_await sending;
      if (!sent) {
        if (sent.error().code() == base::Errc::cancelled) {
          co_return upload_failed(Kind::client_failed, sent.error(), "the client is gone");
        }
        // The upstream may have answered before it stopped reading.
        // Part of the piece may be written: this upload can never be taken up again.
        if (answer.readable) co_return UploadEnd{.kind = Kind::early_response, .is_cut = true};
        co_return upload_failed(Kind::upstream_failed, sent.error(),
                                "the upstream stopped reading");
      }
    }
    exchange.consume_body(*piece);
    if (piece->last) co_return UploadEnd{};
    if (++pieces % kPiecesPerTurn == 0) co_await exchange.lane().yield();
    const runtime::Wake wake =
        co_await runtime::EitherReadable(client, answer, exchange.body_deadline());
    if (wake == runtime::Wake::deadline) {
      co_return UploadEnd{Kind::client_failed, base::Errc::deadline, "the body is too slow"};
    }
    if (wake == runtime::Wake::cancelled) {
      co_return UploadEnd{Kind::client_failed, base::Errc::cancelled, "cancelled"};
    }
    if (answer.readable) co_return UploadEnd{Kind::early_response};
    auto reading = exchange.read_more(exchange.body_deadline());
    const auto read = co_await reading;
    if (!read) co_return upload_failed(Kind::client_failed, read.error(), "the body ends early");
  }
}

runtime::Task<DownloadEnd> pump_response_body(ClientConnection& upstream, Exchange& exchange,
                                              Coding coding, base::Duration idle, BodyCopy* copy) {
  using Kind = DownloadEnd::Kind;
  int pieces = 0;
  while (!upstream.body.done()) {
    if (coding == Coding::plain && upstream.body.framing() == Framing::length &&
        upstream.body.left() > kSpliceMin && upstream.input.empty() &&
        can_splice(*upstream.stream, exchange.client())) {
      auto splicing = splice_body(upstream, exchange, idle);
      const DownloadEnd spliced = co_await splicing;
      if (spliced.kind != Kind::complete || upstream.body.done()) co_return spliced;
    }
    if (upstream.input.empty()) {
      auto reading = upstream.read_more(exchange.lane().after(idle));
      const auto read = co_await reading;
      if (!read) {
        const bool ended = read.error().code() == base::Errc::closed &&
                           upstream.body.framing() == Framing::until_close;
        if (read.error().code() == base::Errc::cancelled) {
          co_return download_failed(Kind::client_failed, read.error());
        }
        if (!ended) co_return download_failed(Kind::upstream_failed, read.error());
        if (coding == Coding::plain) co_return DownloadEnd{};
        auto ending = exchange.send({.tail = "0\r\n\r\n"});
        const auto sent = co_await ending;
        if (!sent) co_return download_failed(Kind::client_failed, sent.error());
        co_return DownloadEnd{};
      }
    }
    const std::span<char> bytes(const_cast<char*>(upstream.input.data()), upstream.input.size());
    const BodyDecoder::Step step = upstream.body.decode(bytes);
    if (step.refused) {
      co_return DownloadEnd{Kind::upstream_failed, base::Errc::bad_message};
    }
    if (copy != nullptr) [[unlikely]]
      copy->add({upstream.input.data(), step.content});
    const FramedPiece framed(coding, {upstream.input.data(), step.content}, upstream.body.done(),
                             upstream.body.trailers());
    const net::Gather parts = framed.gather();
    if (parts.size() > 0) {
      auto sending = exchange.send(parts);
      const auto sent = co_await sending;
      if (!sent) co_return download_failed(Kind::client_failed, sent.error());
    }
    upstream.input.consume(step.consumed);
    if (++pieces % kPiecesPerTurn == 0) co_await exchange.lane().yield();
  }
  co_return DownloadEnd{};
}

}  // namespace weir::http
