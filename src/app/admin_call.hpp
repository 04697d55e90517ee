#pragma once
// AdminCall: how the command line reaches a running weir: by --admin ADDR, else by the data
// directory's lock file, else at the default address.

#include <string>

#include "app/local_client.hpp"
#include "base/json.hpp"

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

/// Calls and reads the JSON answer. Fails: with the problem's detail for 4xx and 5xx; with what to
/// do when nobody answers.
base::Result<base::json::value> call_admin(const AdminTarget& target, http::FetchRequest request);

/// A member of an answer; an absent one, or of another kind, is empty or 0.
std::string text_at(const base::json::object& object, const char* key);
double number_at(const base::json::object& object, const char* key);
bool flag_at(const base::json::object& object, const char* key);

/// A breaker of an answer in a few words: "closed", "open, probes in 12 s", "forced open",
/// "off".
std::string breaker_standing(const base::json::object& breaker);

/// Percent-encodes one path segment.
std::string encode_segment(const std::string& text);

}  // namespace weir::app
