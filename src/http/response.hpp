#pragma once
// Response: an answer weir makes itself, whole: admin pages, errors, redirects, demo services.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::http {

struct Response {
  std::uint16_t status = 200;
  std::string content_type;  ///< empty: no Content-Type
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;
  bool close = false;  ///< end the connection after it
};

/// What a problem is about; the members of RFC 9457.
struct Problem {
  std::uint16_t status = 500;
  std::string_view title;   ///< empty: the status' own phrase
  std::string detail;       ///< what happened, for people
  std::string_view action;  ///< what to do about it; empty: left out
  std::string_view reason;  ///< the exchange's reason code (balancing.md, 14); empty: left out
  std::string_view request_id;
  std::uint32_t retry_after = 0;  ///< seconds, for the Retry-After field; 0: left out
};

/// `application/problem+json`. The text is escaped; raw input never reaches a page as markup.
Response problem_response(const Problem& problem);

Response json_response(std::uint16_t status, std::string body);
Response text_response(std::uint16_t status, std::string body);

}  // namespace weir::http
