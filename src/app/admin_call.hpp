#pragma once
// AdminCall: how the command line reaches a running weir: by --admin ADDR, else by the data
// directory's lock file, else at the default address.

#include <expected>
#include <string>

#include "app/local_client.hpp"
#include "base/json.hpp"
#include "term/json_fields.hpp"

namespace weir::app {

class Command;

struct AdminTarget {
  std::string admin;                 ///< --admin
  std::string data = "./weir-data";  ///< --data
  std::string token;                 ///< --token; empty: WEIR_TOKEN
};

/// Adds --admin, --data and --token.
void add_target(Command& command, AdminTarget& target);

/// The address to call.
std::string admin_address(const AdminTarget& target);

/// With the fields that every request of the command line has.
http::FetchRequest admin_request(const AdminTarget& target, http::FetchRequest request);

/// "no weir answers at 127.0.0.1:9900 (refused); is it running? …"
std::string nobody_answers(const std::string& address, const base::Error& error);

/// What a weir said instead of doing it.
struct AdminProblem {
  int status = 0;  ///< 0: nobody answered, or what answered is no weir
  std::string text;
  double retry_after_s = 0;  ///< 0: it did not say
  base::json::object said;   ///< all of it; empty when that was no JSON
};

/// Calls and reads the JSON answer. A weir that does not know the path is said to be too old.
std::expected<base::json::value, AdminProblem> ask_admin(const AdminTarget& target,
                                                         http::FetchRequest request);
/// As `user`, who logs in for this one request and out again.
std::expected<base::json::value, AdminProblem> ask_admin_as(const AdminTarget& target,
                                                            const std::string& user,
                                                            const std::string& password,
                                                            http::FetchRequest request);
/// The same of an answer that came another way.
std::expected<base::json::value, AdminProblem> read_admin(const http::Fetched& answer,
                                                          const std::string& path);

/// The same, for who only shows the problem. Fails: with the problem's detail for 4xx and 5xx; with
/// what to do when nobody answers.
base::Result<base::json::value> call_admin(const AdminTarget& target, http::FetchRequest request);

// A member of an answer; an absent one, or of another kind, is empty or 0.
using term::flag_at;
using term::number_at;
using term::text_at;

/// A breaker of an answer in a few words: "closed", "open, probes in 12 s", "forced open",
/// "off".
std::string breaker_standing(const base::json::object& breaker);

/// Percent-encodes one path segment.
std::string encode_segment(const std::string& text);

}  // namespace weir::app
