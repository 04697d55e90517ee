#include "admin/guard.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace weir::admin {
namespace {

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  std::string_view trimmed = type;
  while (!trimmed.empty() && trimmed.back() == ' ') trimmed.remove_suffix(1);
  return base::equals_ignore_case(trimmed, "application/json");
}

bool changes(std::string_view method) {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

// `same-site` is another port of this machine, which is another site to us.
bool is_foreign(std::string_view sec_fetch_site) {
  return !sec_fetch_site.empty() && sec_fetch_site != "same-origin" && sec_fetch_site != "none";
}

GuardVerdict judge_guarded(const GuardFacts& facts, const AllowedHosts& hosts) {
  if (facts.method != "GET") {
    return {405, "only GET is served here", ""};
  }
  constexpr const char* kAction = "Use the command line, or open it from weir's own page.";
  if (is_foreign(facts.sec_fetch_site)) {
    return {403, "the browser marks this request as coming from another site", kAction};
  }
  if (!facts.sec_purpose.empty() && facts.sec_purpose.find("prefetch") != std::string_view::npos) {
    return {403, "a prefetch must not act", kAction};
  }
  if (!facts.origin.empty() && !hosts.is_own_origin(facts.origin)) {
    return {403, "Origin is another site", kAction};
  }
  if (!facts.referer.empty() && !hosts.is_own_origin(facts.referer)) {
    return {403, "Referer is another site", kAction};
  }
  return {};
}

}  // namespace

AllowedHosts::AllowedHosts(std::string bind_host, std::uint16_t port,
                           std::vector<std::string> names)
    : names_(std::move(names)), port_(port) {
  names_.push_back(std::move(bind_host));
  for (std::string& name : names_) {
    for (char& c : name) c = base::ascii_lower(c);
    if (name.find(':') != std::string::npos && !name.starts_with('[')) name = "[" + name + "]";
  }
}

bool AllowedHosts::allows(std::string_view authority) const {
  std::string_view host = authority;
  std::string_view port;
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return false;
  if (const std::size_t colon = authority.find(':', bracket); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    port = authority.substr(colon + 1);
  }
  if (!port.empty() && base::parse_uint(port) != port_) return false;
  return std::ranges::any_of(
      names_, [host](const std::string& name) { return base::equals_ignore_case(name, host); });
}

bool AllowedHosts::is_own_origin(std::string_view origin) const {
  constexpr std::string_view kScheme = "http://";
  if (!origin.starts_with(kScheme)) return false;
  std::string_view rest = origin.substr(kScheme.size());
  rest = rest.substr(0, rest.find('/'));
  // Without a port it is port 80: ours only if we listen there.
  const bool has_port =
      rest.find(':', rest.starts_with('[') ? rest.find(']') : 0) != std::string_view::npos;
  return (has_port || port_ == 80) && allows(rest);
}

GuardVerdict judge(const GuardFacts& facts, const AllowedHosts& hosts) {
  if (!hosts.allows(facts.authority)) {
    return {421, "this Host is not one of the admin listener's names",
            "Use the bind address, or add the name to admin.hosts."};
  }
  if (facts.guarded) return judge_guarded(facts, hosts);
  if (!changes(facts.method)) return {};
  if (facts.has_body && !is_json(facts.content_type)) {
    return {415, "a body must be sent as Content-Type: application/json", ""};
  }
  if (!facts.origin.empty() && !hosts.is_own_origin(facts.origin)) {
    return {403, "Origin is another site", "Changes are taken from weir's own page only."};
  }
  if (is_foreign(facts.sec_fetch_site)) {
    return {403, "the browser marks this request as coming from another site",
            "Changes are taken from weir's own page only."};
  }
  const bool browser = !facts.origin.empty() || facts.has_cookie || facts.has_sec_fetch;
  if (browser && facts.own_header.empty()) {
    return {403, "a browser's change needs the header X-Weir-Request",
            "Send X-Weir-Request: 1, which only weir's own page can."};
  }
  return {};
}

}  // namespace weir::admin
