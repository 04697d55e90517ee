#include "http/field.hpp"

#include <emmintrin.h>

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

// The known names one after another in 32 bytes each, so that two vectors compare any of them.
struct alignas(16) Padded {
  char bytes[std::size(kKnown)][32] = {};
  constexpr Padded() {
    for (std::size_t i = 0; i < std::size(kKnown); ++i) {
      for (std::size_t k = 0; k < kKnown[i].name.size(); ++k) bytes[i][k] = kKnown[i].name[k];
    }
  }
};
constexpr Padded kPadded;

// Bit i is set where byte i of the text, folded, is the known name's. Setting bit 5 folds letters
// and maps no other token byte onto a byte of a known name (letters, digits and '-', which have it
// set anyway).
unsigned same_bytes(const char* text, const char* known) noexcept {
  const __m128i folded =
      _mm_or_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(text)), _mm_set1_epi8(0x20));
  const __m128i name = _mm_load_si128(reinterpret_cast<const __m128i*>(known));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(folded, name)));
}

// Requires: 32 bytes can be read at `text`.
inline FieldId classify_readable(const char* text, std::size_t size, std::uint8_t i) noexcept {
  const std::uint32_t wanted = (1u << size) - 1;
  do {
    const Known& known = kKnown[i - 1];
    if (known.name.size() == size) {
      const char* const padded = kPadded.bytes[i - 1];
      std::uint32_t same = same_bytes(text, padded);
      if (size > 16) same |= same_bytes(text + 16, padded + 16) << 16;
      if ((same & wanted) == wanted) return known.id;
    }
    i = kSlots.next[i];
  } while (i != 0);
  return FieldId::other;
}

[[gnu::cold, gnu::noinline]] FieldId classify_copy(std::string_view name, std::uint8_t i) noexcept {
  char copy[32] = {};
  std::memcpy(copy, name.data(), name.size());
  return classify_readable(copy, name.size(), i);
}

}  // namespace

FieldId classify(std::string_view name, const char* readable_end) noexcept {
  if (name.size() > kNameMax || name.empty()) [[unlikely]]
    return FieldId::other;
  const std::uint8_t i = kSlots.first[slot_of(name.size(), name[0])];
  if (i == 0) return FieldId::other;
  if (readable_end - name.data() < 32) [[unlikely]]
    return classify_copy(name, i);
  return classify_readable(name.data(), name.size(), i);
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
