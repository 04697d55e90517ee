#include "gateway/last_good.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "gateway/request_key.hpp"
#include "http/chars.hpp"

namespace weir::gateway {
namespace {

using http::Field;
using http::FieldId;

bool is_named(const http::FieldList& fields, const Field& field, std::string_view name) noexcept {
  return field.name_size == name.size() && base::equals_ignore_case(fields.name(field), name);
}

// Calls each(name) for the members of a comma-separated list, without their arguments. A comma
// within quotes ends a member too early, which can only find more names, never fewer.
void for_each_member(std::string_view list, auto each) {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    const std::string_view member = list.substr(0, end);
    each(http::trim(member.substr(0, std::min(member.find('='), member.size()))));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

bool has_member(std::string_view list, std::string_view name) noexcept {
  bool found = false;
  for_each_member(
      list, [&](std::string_view each) { found = found || base::equals_ignore_case(each, name); });
  return found;
}

bool forbids_reuse(std::string_view cache_control) noexcept {
  constexpr std::array<std::string_view, 5> kForbids = {"private", "no-store", "no-cache",
                                                        "must-revalidate", "proxy-revalidate"};
  return std::ranges::any_of(
      kForbids, [&](std::string_view each) { return has_member(cache_control, each); });
}

bool varies_by_encoding_only(std::string_view vary) noexcept {
  bool only = true;
  for_each_member(vary, [&](std::string_view each) {
    only = only && (each.empty() || base::equals_ignore_case(each, "accept-encoding"));
  });
  return only;
}

bool is_written_new(const http::FieldList& fields, const Field& field) noexcept {
  switch (field.id) {
    case FieldId::date:
    case FieldId::content_length:
    case FieldId::transfer_encoding:
    case FieldId::x_request_id:
    case FieldId::via:
    case FieldId::trailer:
      return true;
    default:
      return is_named(fields, field, "age") || is_named(fields, field, "proxy-status") ||
             is_named(fields, field, "weir-fallback") || is_named(fields, field, "weir-attempts");
  }
}

}  // namespace

void LastGood::Shard::remove(std::list<Entry>::iterator entry) {
  bytes -= entry->bytes;
  by_key.erase(entry->key);
  entries.erase(entry);
}

LastGood::Shard& LastGood::shard_of(std::string_view key) noexcept {
  return shards_[base::hash64(key) % kShards];
}

void LastGood::keep(std::string key, std::shared_ptr<const GoodAnswer> answer) {
  std::size_t bytes = sizeof(Entry) + key.size() + answer->body.size();
  for (const auto& [name, value] : answer->fields) bytes += name.size() + value.size() + 64;
  Shard& shard = shard_of(key);
  std::list<Entry> made;  // allocated, and what it replaces freed, outside of the lock
  made.push_back({std::move(key), std::move(answer), bytes});
  std::shared_ptr<const GoodAnswer> replaced;
  const std::lock_guard lock(shard.mutex);
  if (const auto old = shard.by_key.find(made.front().key); old != shard.by_key.end()) {
    replaced = old->second->answer;
    shard.remove(old->second);
  }
  while (!shard.entries.empty() &&
         (shard.entries.size() >= kEntriesMax || shard.bytes + bytes > kBytesMax)) {
    shard.remove(shard.entries.begin());
  }
  shard.entries.splice(shard.entries.end(), made);
  const auto entry = std::prev(shard.entries.end());
  shard.by_key.emplace(entry->key, entry);
  shard.bytes += bytes;
}

std::shared_ptr<const GoodAnswer> LastGood::find(std::string_view key, base::Time now,
                                                 base::Duration max_age) {
  Shard& shard = shard_of(key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.by_key.find(key);
  if (found == shard.by_key.end()) return nullptr;
  if (now - found->second->answer->at <= max_age) return found->second->answer;
  shard.remove(found->second);
  return nullptr;
}

LastGood::Size LastGood::size() const {
  Size sum;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    sum.entries += shard.entries.size();
    sum.bytes += shard.bytes;
  }
  return sum;
}

namespace {

// Whoever says in a field of their own who they are may get an answer of their own.
bool is_personal(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 10> kParts = {
      "auth", "token", "key", "session", "secret", "user", "account", "tenant", "customer", "sign"};
  std::string lower;
  for (const char each : name) lower += base::ascii_lower(each);
  if (lower == "user-agent" || lower.starts_with("sec-")) return false;
  return std::ranges::any_of(kParts, [&](auto part) { return lower.contains(part); });
}

}  // namespace

std::string last_good_key(const http::RequestHead& head, std::string_view own_cookie) {
  if (head.method != "GET" || head.wants_websocket) return {};
  if (head.framing == http::Framing::chunked || head.content_length > 0) return {};
  std::string encodings;
  for (const Field& field : head.fields) {
    if (field.id == FieldId::authorization || is_personal(head.fields.name(field))) return {};
    if (field.id == FieldId::cookie && (own_cookie.empty() || has_cookie_beside(head, own_cookie)))
      return {};
    const std::string_view value = head.fields.value(field);
    if (is_named(head.fields, field, "cache-control") && has_member(value, "no-store")) return {};
    if (is_named(head.fields, field, "accept-encoding")) {
      if (!encodings.empty()) encodings += ',';
      encodings += value;
    }
  }
  std::string key;
  const std::size_t size =
      head.authority.size() + head.path.size() + head.query.size() + encodings.size() + 2;
  if (size > LastGood::kKeyMax) return {};
  key.reserve(size);
  for (const char each : head.authority) key += base::ascii_lower(each);
  key += '\n';  // in none of the parts
  key += head.path;
  key += head.query;
  key += '\n';
  key += encodings;
  return key;
}

bool may_be_kept(const http::ResponseHead& head) noexcept {
  if (head.status != 200) return false;
  // A body until close may be cut without anybody knowing.
  if (head.framing == http::Framing::until_close) return false;
  if (head.content_length > LastGood::kBodyMax) return false;
  for (const Field& field : head.fields) {
    const std::string_view value = head.fields.value(field);
    if (is_named(head.fields, field, "set-cookie")) return false;
    if (is_named(head.fields, field, "cache-control") && forbids_reuse(value)) return false;
    if (is_named(head.fields, field, "vary") && !varies_by_encoding_only(value)) return false;
  }
  return true;
}

std::unique_ptr<GoodAnswer> copy_fields(const http::ResponseHead& head) {
  auto answer = std::make_unique<GoodAnswer>();
  std::size_t bytes = 0;
  for (const Field& field : head.fields) {
    const std::string_view value = head.fields.value(field);
    if (is_named(head.fields, field, "age")) {
      std::uint32_t seconds = 0;
      std::from_chars(value.data(), value.data() + value.size(), seconds);
      answer->age_then = std::chrono::seconds(std::min<std::uint32_t>(seconds, 1u << 31));
    }
    if (field.dropped || is_written_new(head.fields, field)) continue;
    bytes += field.name_size + value.size();
    if (bytes > LastGood::kFieldsMax) return nullptr;
    answer->fields.emplace_back(head.fields.name(field), value);
  }
  return answer;
}

}  // namespace weir::gateway
