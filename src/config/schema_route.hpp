#pragma once
// Schema, `routes`: match, target, changes to messages, time limits, retries, fallback. See
// schema.hpp.

#include <array>
#include <string_view>

#include "config/schema_service.hpp"

namespace weir::config {

template <class Visitor>
void describe(Visitor& v, Match& match) {
  v.text({"listener", "Name of the listener, or \"*\" for every one."}, match.listener,
         kListenerChoice);
  v.text({"host", "\"*\", an exact host such as a.example, or *.example for what ends in it."},
         match.host, kHostPattern);
  v.text({"path", "Path prefix; the longest that fits wins."}, match.path, kPath);
  v.texts({"methods", "Methods to match; empty means every one."}, match.methods, kMethod);
}

template <class Visitor>
void describe(Visitor& v, Redirect& redirect) {
  v.one_of({"status", "Status of the answer."}, redirect.status, kRedirectStatuses);
  v.text({"location", "Where the client is sent: a URL or a path.", Presence::required},
         redirect.location, kLocation);
}

template <class Visitor>
void describe(Visitor& v, HeaderEdits& edits) {
  v.headers({"set", "Fields to replace or create."}, edits.set);
  v.headers({"add", "Fields to add beside those of the same name."}, edits.add);
  v.texts({"remove", "Fields to remove."}, edits.remove, kHeaderName);
}

template <class Visitor>
void describe(Visitor& v, Timeouts& timeout) {
  using namespace schema_ranges;
  v.duration({"connect", "Longest time to connect to an endpoint."}, timeout.connect, kTimeout);
  v.duration({"attempt", "Longest time for one try, up to the response head."}, timeout.attempt,
             kTimeout);
  v.duration({"total", "Longest time for the request with all its tries, up to the response head."},
             timeout.total, kTimeout);
  v.duration({"idle", "Longest silence of an endpoint inside a response body."}, timeout.idle,
             kTimeout);
  v.duration({"stream", "Longest life of a stream, such as a WebSocket."}, timeout.stream,
             kLongTimeout);
}

namespace schema_ranges {
inline constexpr CountRange kAttempts{1, 10};
inline constexpr SizeRange kReplay{0, 16 * kKiB* kKiB};  // kept in memory for each request
inline constexpr RealRange kPerSecondOrNone{0, 1'000'000};
inline constexpr CountRange kAnswerStatus{200, 599};
inline constexpr TimeRange kMaxAge{1s, 168h};
}  // namespace schema_ranges

// Sections of the file whose keys are members of Retry.
struct BackoffKeys {
  Duration& base;
  Duration& cap;
};
struct BudgetKeys {
  double& share;
  double& min;
};

template <class Visitor>
void describe(Visitor& v, BackoffKeys& backoff) {
  using namespace schema_ranges;
  v.duration({"base", "The first wait is random, up to this."}, backoff.base, kTimeout);
  v.duration({"cap", "No wait is longer."}, backoff.cap, kTimeout);
}

template <class Visitor>
void describe(Visitor& v, BudgetKeys& budget) {
  using namespace schema_ranges;
  v.share({"share", "Most retries, as a share of the service's requests."}, budget.share, kShare);
  v.per_second({"min", "Retries that are always allowed, such as 3/s."}, budget.min,
               kPerSecondOrNone);
}

template <class Visitor>
void describe(Visitor& v, Retry& retry) {
  v.count({"attempts", "Most attempts in total; 1: nothing is repeated."}, retry.attempts,
          schema_ranges::kAttempts);
  v.causes({"causes", "What is repeated, for methods that may be."}, retry.causes, "attempts: 1");
  BackoffKeys backoff{retry.backoff_base, retry.backoff_cap};
  v.section({"backoff", "Waits between attempts: random, and longer each time."}, backoff);
  BudgetKeys budget{retry.budget_share, retry.budget_min};
  v.section({"budget", "Bound on the retries of the whole service."}, budget);
  v.size({"buffer", "Largest request body that is kept for another attempt."}, retry.buffer,
         schema_ranges::kReplay);
  v.boolean({"idempotency_key", "Repeat POST and PATCH if they carry an Idempotency-Key."},
            retry.idempotency_key);
  v.boolean({"hedge", "Send a second attempt when the first is slower than most."}, retry.hedge);
}

template <class Visitor>
void describe(Visitor& v, StaticAnswer& answer) {
  v.count({"status", "Status of the answer."}, answer.status, schema_ranges::kAnswerStatus);
  v.text({"file", "Its body, at most 1 MiB; relative to this file. Absent: no body.",
          Presence::optional},
         answer.file, kFile);
  v.answer_headers({"headers", "Its fields; `retry-after: auto` says when a probe comes next."},
                   answer);
}

template <class Visitor>
void describe(Visitor& v, LastGood& last_good) {
  v.duration({"max_age", "An older answer is not used."}, last_good.max_age,
             schema_ranges::kMaxAge);
}

template <class Visitor>
void describe(Visitor& v, Fallback& fallback) {
  v.optional_section({"static", "This answer.", Presence::optional}, fallback.answer);
  v.optional_section({"last_good", "The last good answer to the same GET.", Presence::optional},
                     fallback.last_good);
  v.text({"service", "The answer of another service.", Presence::optional}, fallback.service,
         kName);
}

template <class Visitor>
void describe(Visitor& v, Route& route) {
  v.section({"match", "Which requests take this route; every condition must hold."}, route.match);
  v.text({"service", "Name of the service that answers.", Presence::optional}, route.service,
         kName);
  v.optional_section(
      {"redirect", "Answer with a redirect instead of a service.", Presence::optional},
      route.redirect);
  v.boolean({"strip_prefix", "Forward the path without the matched prefix."}, route.strip_prefix);
  v.text({"rewrite_prefix", "Forward the path with this in place of the matched prefix.",
          Presence::optional},
         route.rewrite_prefix, kPath);
  v.section({"request_headers", "Changes to the fields of the forwarded request."},
            route.request_headers);
  v.section({"response_headers", "Changes to the fields of the response."}, route.response_headers);
  v.size({"body_max", "Largest request body, else 413; 0 means only the listener's limit."},
         route.body_max, schema_ranges::kBody);
  v.boolean({"request_id", "Give each request an X-Request-Id unless a trusted peer sent one."},
            route.request_id);
  v.choice({"escapes", "Encoded slashes and backslashes in a path: refuse (400) or keep."},
           route.escapes, {kEscapesNames});
  v.boolean({"websocket", "Allow an upgrade to WebSocket."}, route.websocket);
  v.section({"timeout", "How long to wait: connect <= attempt <= total."}, route.timeout);
  v.section({"retry", "When a failed attempt is made again."}, route.retry);
  v.optional_section({"fallback", "What is answered when every attempt has failed: one of these.",
                      Presence::optional},
                     route.fallback);
  v.optional_section(
      {"rate_limit", "How often a client may ask on this route.", Presence::optional},
      route.rate_limit);
}

}  // namespace weir::config
