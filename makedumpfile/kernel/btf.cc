// SPDX-License-Identifier: GPL-2.0-or-later
// The one file that includes libbpf.
#include "makedumpfile/kernel/btf.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <map>

#include "common/cursor.h"
#include "common/endian.h"

namespace kdump {
namespace {

constexpr uint64_t kMaxSize = uint64_t{64} << 20;  // bytes; distributions' kernels have 4 to 10 MiB
constexpr uint64_t kMaxSteps = 1U << 19;           // members looked at for all questions; some 50,000 in fact
constexpr int kMaxDepth = 32;                      // of anonymous structs in each other

// struct btf_header, include/uapi/linux/btf.h.
struct Header {
  le16 magic;
  uint8_t version;
  uint8_t flags;
  le32 hdr_len;
  le32 type_off, type_len;
  le32 str_off, str_len;
};
static_assert(sizeof(Header) == 24);

// libbpf does not look at hdr_len when it checks where the sections end, and takes the other byte order, too.
Status check_header(Bytes raw) {
  Cursor cursor(raw, "BTF");
  const auto header = TRY(cursor.read<Header>("header"));
  if (header.magic != BTF_MAGIC || header.version != BTF_VERSION) {
    return fail(ErrorKind::corrupt, "BTF: magic {:#x}, version {}, expected {:#x}, {}",
                uint16_t{header.magic}, header.version, BTF_MAGIC, BTF_VERSION);
  }
  const auto inside = [&](uint32_t offset, uint32_t length) {
    return uint64_t{header.hdr_len} + offset + length <= raw.size();
  };
  if (header.hdr_len >= sizeof header && header.hdr_len % 4 == 0 &&
      inside(header.type_off, header.type_len) && inside(header.str_off, header.str_len))
    return {};
  return fail(
      ErrorKind::corrupt,
      "BTF: types {:#x}+{:#x} and strings {:#x}+{:#x} behind {} bytes of header do not fit in {} bytes",
      uint32_t{header.type_off}, uint32_t{header.type_len}, uint32_t{header.str_off},
      uint32_t{header.str_len}, uint32_t{header.hdr_len}, raw.size());
}

struct FreeBtf {
  void operator()(btf* types) const { btf__free(types); }
};
using OwnedBtf = std::unique_ptr<btf, FreeBtf>;

Result<OwnedBtf> parse(ByteVector raw) {
  libbpf_set_print(nullptr);
  OwnedBtf types(btf__new(raw.data(), static_cast<uint32_t>(raw.size())));
  if (types == nullptr)
    return fail(ErrorKind::corrupt, "BTF: libbpf does not take it: {}", errno_text(errno));
  return types;
}

// Names of types that somebody asks for, and the types that have them.
using NamedTypes = std::map<std::string_view, std::vector<uint32_t>>;

void collect(const btf* types, NamedTypes& named) {
  for (uint32_t id = 1; id < btf__type_cnt(types); ++id) {
    const btf_type* type = btf__type_by_id(types, id);
    const bool may_answer = btf_is_composite(type) || btf_is_typedef(type) || btf_is_any_enum(type);
    if (!may_answer) continue;
    const char* name = btf__name_by_offset(types, type->name_off);
    if (name == nullptr || *name == '\0') continue;
    if (const auto found = named.find(name); found != named.end()) found->second.push_back(id);
  }
}

// One question to one type.
class Question {
 public:
  // `steps_left` is for all questions together: anonymous structs in each other lead to ever more members.
  Question(const btf* types, const FactPlace& place, uint64_t& steps_left)
      : types_(types), place_(&place), steps_left_(&steps_left) {}

  std::optional<int64_t> answer(uint32_t id) {
    switch (place_->kind) {
      case FactKind::size:
        return size(id);
      case FactKind::number:
        return enumerator(id);
      case FactKind::offset:
        return offset(id);
      case FactKind::length:
        return length(id);
      case FactKind::symbol:
        break;
    }
    return std::nullopt;
  }

 private:
  struct Member {
    uint64_t bit_offset;
    uint32_t type;
    bool bit_field;
  };

  [[nodiscard]] bool is_named(uint32_t name_off) const {
    const char* name = btf__name_by_offset(types_, name_off);
    return name != nullptr && place_->name == name;
  }

  // The type behind typedefs and qualifiers; null when there is none.
  [[nodiscard]] const btf_type* plain_type(uint32_t id) const {
    const int resolved = btf__resolve_type(types_, id);
    return resolved < 0 ? nullptr : btf__type_by_id(types_, static_cast<uint32_t>(resolved));
  }

  [[nodiscard]] std::optional<int64_t> size(uint32_t id) const {
    const int64_t size = btf__resolve_size(types_, id);
    return size >= 0 ? std::optional(size) : std::nullopt;
  }

  [[nodiscard]] std::optional<int64_t> enumerator(uint32_t id) const {
    const btf_type* type = btf__type_by_id(types_, id);
    for (uint16_t i = 0; i < btf_vlen(type); ++i) {
      if (btf_is_enum64(type)) {
        const auto& value = btf_enum64(type)[i];
        if (is_named(value.name_off)) return static_cast<int64_t>(btf_enum64_value(&value));
      } else if (btf_is_enum(type)) {
        const auto& value = btf_enum(type)[i];
        if (is_named(value.name_off)) return value.val;
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<int64_t> offset(uint32_t id) {
    const auto member = find(plain_type(id), 0, kMaxDepth);
    if (!member || member->bit_field || member->bit_offset % 8 != 0) return std::nullopt;
    return static_cast<int64_t>(member->bit_offset / 8);
  }

  [[nodiscard]] std::optional<int64_t> length(uint32_t id) {
    const auto member = find(plain_type(id), 0, kMaxDepth);
    if (!member) return std::nullopt;
    const btf_type* type = plain_type(member->type);
    if (type == nullptr || !btf_is_array(type)) return std::nullopt;
    return btf_array(type)->nelems;
  }

  [[nodiscard]] std::optional<Member> find(const btf_type* type, uint64_t base, int depth) {
    if (type == nullptr || !btf_is_composite(type) || depth == 0) return std::nullopt;
    for (uint16_t i = 0; i < btf_vlen(type); ++i) {
      if (*steps_left_ == 0) return std::nullopt;
      --*steps_left_;
      const btf_member& member = btf_members(type)[i];
      const uint64_t at = base + btf_member_bit_offset(type, i);
      if (member.name_off != 0) {
        if (is_named(member.name_off)) return Member{at, member.type, btf_member_bitfield_size(type, i) != 0};
      } else if (const auto inner = find(plain_type(member.type), at, depth - 1)) {
        return inner;
      }
    }
    return std::nullopt;
  }

  const btf* types_;
  const FactPlace* place_;
  uint64_t* steps_left_;
};

std::optional<int64_t> answer(const btf* types, const FactPlace& place, const std::vector<uint32_t>& ids,
                              uint64_t& steps_left) {
  std::optional<int64_t> told;
  Question question(types, place, steps_left);
  for (const uint32_t id : ids) {
    const auto value = question.answer(id);
    if (told && value && *told != *value) return std::nullopt;
    if (value) told = value;
  }
  return told;
}

}  // namespace

Result<ByteVector> read_btf(const AddressSpace& address_space, VirtAddr start, VirtAddr stop) {
  if (stop <= start || stop - start > kMaxSize) {
    return fail(ErrorKind::corrupt, "BTF from {:#x} to {:#x}: expected at most {} bytes", start.value(),
                stop.value(), kMaxSize);
  }
  ByteVector raw(stop - start);
  VirtualReader reader = TRY(address_space.reader());
  TRY(with_context(reader.read(start, raw), "BTF"));
  return raw;
}

Result<std::vector<std::optional<int64_t>>> ask_btf(ByteVector raw, std::span<const FactPlace> places) {
  TRY(check_header(raw));
  const OwnedBtf types = TRY(parse(std::move(raw)));
  NamedTypes named;
  for (const FactPlace& place : places) named.try_emplace(place.owner);
  collect(types.get(), named);
  std::vector<std::optional<int64_t>> answers;
  uint64_t steps_left = kMaxSteps;
  for (const FactPlace& place : places)
    answers.push_back(answer(types.get(), place, named.find(place.owner)->second, steps_left));
  return answers;
}

}  // namespace kdump
