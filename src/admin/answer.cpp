#include "admin/answer.hpp"

#include <utility>

namespace weir::admin {

http::Response problem(std::uint16_t status, std::string detail, std::string_view action) {
  http::Problem out;
  out.status = status;
  out.detail = std::move(detail);
  out.action = action;
  return http::problem_response(out);
}

http::Response json(const base::json::value& value) {
  return http::json_response(200, base::to_text(value) + "\n");
}

http::Response from_error(const base::Error& error) {
  std::uint16_t status = 500;
  switch (error.code()) {
    case base::Errc::bad_message:
      status = 400;
      break;
    case base::Errc::not_found:
      status = 404;
      break;
    case base::Errc::invalid_argument:
      status = 422;
      break;
    case base::Errc::conflict:
      status = 409;
      break;
    case base::Errc::deadline:
    case base::Errc::overloaded:
      status = 503;
      break;
    default:
      break;
  }
  return problem(status, std::string(error.detail()));
}

}  // namespace weir::admin
