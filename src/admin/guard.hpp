#pragma once
// Guard: which requests the control plane refuses before it looks at what they want. It lives on
// loopback and trusts no browser. Pure. (http-rules.md, section 7)
//
//  1. Host must be an allowed name, else 421: a page of another site cannot reach us by rebinding
//     its own name to 127.0.0.1.
//  2. GET and HEAD change nothing; the few paths that send traffic or change something on GET
//     (`guarded`) answer 403 to whatever a browser marks as coming from another site.
//  3. A change needs JSON when it has a body (415). What a browser marks as coming from another
//     site is refused. With Origin, Sec-Fetch-* or a cookie it comes from a browser: then it also
//     needs our own header, which no form can send.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::admin {

/// What the guard looks at. Empty views: the field is absent.
struct GuardFacts {
  std::string_view method;
  std::string_view authority;  ///< Host
  std::string_view origin;
  std::string_view referer;
  std::string_view sec_fetch_site;
  std::string_view sec_purpose;  ///< Sec-Purpose or Purpose
  std::string_view content_type;
  std::string_view own_header;  ///< X-Weir-Request
  bool has_cookie = false;
  bool has_sec_fetch = false;  ///< any Sec-Fetch-* field
  bool has_body = false;
  bool guarded = false;  ///< a GET that acts
};

struct GuardVerdict {
  unsigned status = 0;  ///< 0: let through
  const char* why = "";
  const char* action = "";
};

/// Allowed names of Host, without port: from the bind address and admin.hosts. Lower case.
class AllowedHosts {
 public:
  AllowedHosts(std::string bind_host, std::uint16_t port, std::vector<std::string> names);
  /// The port must be ours when one is given.
  bool allows(std::string_view authority) const;
  bool is_own_origin(std::string_view origin) const;

 private:
  std::vector<std::string> names_;
  std::uint16_t port_;
};

GuardVerdict judge(const GuardFacts& facts, const AllowedHosts& hosts);

}  // namespace weir::admin
