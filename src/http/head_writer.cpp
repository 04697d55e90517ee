#include "http/head_writer.hpp"

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

std::string_view reason_phrase(std::uint16_t status) noexcept {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 426: return "Upgrade Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 508: return "Loop Detected";
    default: return "Status";
  }
}

}  // namespace weir::http
