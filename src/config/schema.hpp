#pragma once
// Schema: the one description of weir.yaml. Every key is one row here, and nowhere else.
//
// A row names a key, says in a line what it does, binds it to a member of settings.hpp (whose
// initialiser is the default) and bounds it. Three visitors walk the rows:
//   Reader       (reader.hpp)      file → Settings, unknown keys, units, ranges
//   Printer      (effective.cpp)   Settings → file with every default
//   SchemaWriter (json_schema.cpp) → api/config.schema.json
// so that a key cannot be read but not printed, or printed but not documented. To add a key: add
// a member to settings.hpp, a row here, and run the command that the test of the schema prints.
// What several keys must be together is in validate*.cpp. The rows of a service are in
// schema_service.hpp, those of a route in schema_route.hpp.

#include "config/schema_route.hpp"
#include "config/schema_row.hpp"
#include "config/schema_service.hpp"

namespace weir::config {

template <class Visitor>
void describe(Visitor& v, Limits& limits) {
  using namespace schema_ranges;
  v.size({"line", "Longest request line; a longer one is answered 414."}, limits.request_line_max,
         kLine);
  v.size({"head", "Largest request head, line and fields together; a larger one is answered 431."},
         limits.head_max, kHead);
  v.count({"fields", "Most field lines in a head; more are answered 431."}, limits.fields_max,
          kFields);
  v.duration({"head_time", "Longest time for a whole request head to arrive."}, limits.head_time,
             kTimeout);
  v.duration({"idle", "A connection without a request is closed after this time."}, limits.idle,
             kTimeout);
  v.size({"body_max", "Largest request body, else 413; 0 means unlimited."}, limits.body_max,
         kBody);
  v.rate({"min_body_rate", "A body that arrives slower is given up; 0B/s means no minimum."},
         limits.min_body_rate);
  v.duration({"write_idle", "A client that reads nothing for this time is given up."},
             limits.write_idle, kTimeout);
}

template <class Visitor>
void describe(Visitor& v, Listener& listener) {
  v.bind({"bind",
          "Address to listen on, such as 127.0.0.1:8080, [::1]:8080 or unix:/run/w.sock; "
          "port 0 takes a free one.",
          Presence::required},
         listener.bind);
  v.choices({"protocols", "Protocols that clients may speak."}, listener.protocols,
            {kProtocolNames, kProtocolsLater, "comes with HTTP/2, not in this version"});
  v.section({"limits", "What one client connection may cost."}, listener.limits);
  v.later(kListenerLater, kNotYet);
}

template <class Visitor>
void describe(Visitor& v, Admin& admin) {
  v.bind({"bind", "Address of the admin interface and its API."}, admin.bind);
  v.texts({"hosts",
           "Host names a request may carry, beside the bind address; others are answered "
           "421."},
          admin.hosts, kHostName);
  v.boolean({"insecure", "Allow an address that other machines can reach, without users or TLS."},
            admin.insecure);
  v.secret(
      {"store",
       "Where weir keeps its records: sqlite:PATH, a URL of PostgreSQL, or where that text is: "
       "{ env: NAME } or { file: PATH }.",
       Presence::optional},
      admin.store, admin.store_from, kStore);
  v.later(kAdminLater, kNotYet);
}

template <class Visitor>
void describe(Visitor& v, AccessLog& log) {
  v.text({"path", "File for one JSON line a request, or stdout, or off."}, log.path, kFile);
}

template <class Visitor>
void describe(Visitor& v, Log& log) {
  v.choice({"level", "Least level that is written."}, log.level, {kLogLevelNames});
  v.text({"path", "File for weir's own log, or stderr, or stdout."}, log.path, kFile);
}

template <class Visitor>
void describe(Visitor& v, Settings& settings) {
  v.count({"version", "Version of this format."}, settings.version, {1, 1});
  v.named({"listeners", "Where clients connect, by name."}, settings.listeners);
  v.section({"admin", "The admin interface."}, settings.admin);
  v.cidrs({"trusted_proxies",
           "Peers whose X-Forwarded-* fields are believed; from others they are "
           "replaced."},
          settings.trusted_proxies);
  v.named({"services", "Sets of endpoints, by name."}, settings.services);
  v.list({"routes", "Which request goes where."}, settings.routes);
  v.section({"access_log", "One line for each request."}, settings.access_log);
  v.section({"log", "Weir's own log."}, settings.log);
  v.later(kTopLater, kNotYet);
}

}  // namespace weir::config
