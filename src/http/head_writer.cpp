#include "http/head_writer.hpp"

#include <algorithm>
#include <iterator>

#include "http/chars.hpp"

namespace weir::http {

void HeadWriter::put_kept(const FieldList& fields, std::uint32_t head_bytes) noexcept {
  const Field* field = fields.begin();
  const Field* end = fields.end();
  while (field != end) {
    if (field->dropped) {
      ++field;
      continue;
    }
    const std::uint32_t from = field->name_at;
    while (field != end && !field->dropped) ++field;
    const std::uint32_t to = field != end ? field->name_at : head_bytes - 2;
    put({fields.base + from, to - from});
  }
}

void HeadWriter::put_clean(std::string_view text) noexcept {
  while (!text.empty()) {
    const char* bad = find_control(text.data(), text.data() + text.size());
    const auto clean = static_cast<std::size_t>(bad - text.data());
    put(text.substr(0, clean));
    text.remove_prefix(std::min(clean + 1, text.size()));
  }
}

namespace {

struct Phrase {
  std::uint16_t status;
  std::string_view text;
};

// RFC 9110, 15, and 431 of RFC 6585, 508 of RFC 5842; ascending.
constexpr Phrase kPhrases[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {508, "Loop Detected"},
};

}  // namespace

std::string_view reason_phrase(std::uint16_t status) noexcept {
  const auto* found = std::ranges::lower_bound(kPhrases, status, {}, &Phrase::status);
  return found != std::end(kPhrases) && found->status == status ? found->text : "Status";
}

}  // namespace weir::http
