#include "http/field.hpp"

#include <cstring>
#include <iterator>

namespace weir::http {
namespace {

struct Known {
  std::string_view name;
  FieldId id;
};

constexpr Known kKnown[] = {
    {"te", FieldId::te},
    {"via", FieldId::via},
    {"host", FieldId::host},
    {"date", FieldId::date},
    {"cookie", FieldId::cookie},
    {"expect", FieldId::expect},
    {"upgrade", FieldId::upgrade},
    {"trailer", FieldId::trailer},
    {"forwarded", FieldId::forwarded},
    {"x-real-ip", FieldId::x_real_ip},
    {"user-agent", FieldId::user_agent},
    {"connection", FieldId::connection},
    {"keep-alive", FieldId::keep_alive},
    {"retry-after", FieldId::retry_after},
    {"content-type", FieldId::content_type},
    {"x-request-id", FieldId::x_request_id},
    {"authorization", FieldId::authorization},
    {"content-length", FieldId::content_length},
    {"http2-settings", FieldId::http2_settings},
    {"x-forwarded-for", FieldId::x_forwarded_for},
    {"x-forwarded-host", FieldId::x_forwarded_host},
    {"proxy-connection", FieldId::proxy_connection},
    {"transfer-encoding", FieldId::transfer_encoding},
    {"x-forwarded-proto", FieldId::x_forwarded_proto},
    {"sec-websocket-key", FieldId::sec_websocket_key},
    {"sec-websocket-accept", FieldId::sec_websocket_accept},
    {"sec-websocket-version", FieldId::sec_websocket_version},
};

constexpr std::size_t kNameMax = 21;

// Length and first letter tell the known names apart but for a few, which share a slot's chain.
constexpr std::size_t slot_of(std::size_t size, char first) noexcept {
  return (size * 7 + static_cast<unsigned char>(first | 0x20)) % 64;
}

struct Slots {
  std::uint8_t first[64] = {};  // index into kKnown + 1
  std::uint8_t next[std::size(kKnown) + 1] = {};
  constexpr Slots() {
    for (std::size_t i = 0; i < std::size(kKnown); ++i) {
      const std::size_t slot = slot_of(kKnown[i].name.size(), kKnown[i].name[0]);
      next[i + 1] = first[slot];
      first[slot] = static_cast<std::uint8_t>(i + 1);
    }
  }
};
constexpr Slots kSlots;

constexpr std::uint64_t kFold = 0x2020202020202020ull;

template <class Word>
bool equals_word(const char* text, const char* known) noexcept {
  Word a;
  Word b;
  std::memcpy(&a, text, sizeof a);
  std::memcpy(&b, known, sizeof b);
  return (a | static_cast<Word>(kFold)) == b;
}

// `text` is a token as long as `known`: setting bit 5 folds letters and maps no other token byte
// onto a byte of a known name (they hold letters, digits and '-' only, which have it set). Words
// overlap at the end, so that no byte is compared alone.
bool equals_folded(const char* text, std::string_view known) noexcept {
  const std::size_t size = known.size();
  if (size >= 8) {
    for (std::size_t i = 0; i + 8 < size; i += 8) {
      if (!equals_word<std::uint64_t>(text + i, known.data() + i)) return false;
    }
    return equals_word<std::uint64_t>(text + size - 8, known.data() + size - 8);
  }
  if (size >= 4) {
    return equals_word<std::uint32_t>(text, known.data()) &&
           equals_word<std::uint32_t>(text + size - 4, known.data() + size - 4);
  }
  return equals_word<std::uint16_t>(text, known.data()) &&
         equals_word<std::uint16_t>(text + size - 2, known.data() + size - 2);
}

}  // namespace

FieldId classify(std::string_view name) noexcept {
  if (name.size() > kNameMax || name.empty()) return FieldId::other;
  for (std::uint8_t i = kSlots.first[slot_of(name.size(), name[0])]; i != 0; i = kSlots.next[i]) {
    const Known& known = kKnown[i - 1];
    if (known.name.size() == name.size() && equals_folded(name.data(), known.name)) return known.id;
  }
  return FieldId::other;
}

bool is_protected(FieldId id) noexcept {
  switch (id) {
    case FieldId::host:
    case FieldId::content_length:
    case FieldId::forwarded:
    case FieldId::x_forwarded_for:
    case FieldId::x_forwarded_proto:
    case FieldId::x_forwarded_host:
    case FieldId::x_real_ip:
    case FieldId::cookie:
    case FieldId::authorization:
    case FieldId::via:
    case FieldId::date:
    case FieldId::content_type:
    case FieldId::sec_websocket_key:
    case FieldId::sec_websocket_version:
    case FieldId::sec_websocket_accept:
      return true;
    default:
      return false;
  }
}

bool is_forbidden_in_trailer(FieldId id) noexcept {
  return is_hop_by_hop(id) || is_protected(id) || id == FieldId::expect || id == FieldId::trailer ||
         id == FieldId::x_request_id || id == FieldId::retry_after;
}

}  // namespace weir::http
