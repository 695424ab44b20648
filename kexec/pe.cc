// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/pe.h"

#include <algorithm>
#include <cstdint>

#include "common/cursor.h"
#include "common/endian.h"

namespace kdump::kexec {
namespace {

struct CoffHeader {
  le32 Signature;  // "PE\0\0", before the COFF header proper
  le16 Machine;
  le16 NumberOfSections;
  le32 TimeDateStamp;
  le32 PointerToSymbolTable;
  le32 NumberOfSymbols;
  le16 SizeOfOptionalHeader;
  le16 Characteristics;
};
static_assert(sizeof(CoffHeader) == 24);

struct DataDirectory {
  le32 VirtualAddress;
  le32 Size;
};

struct SectionHeader {
  char Name[8];
  std::byte rest[32];
};
static_assert(sizeof(SectionHeader) == 40);

constexpr uint64_t kPeOffsetField = 0x3c;
constexpr uint32_t kPeSignature = 0x00004550;
constexpr uint16_t kPe32 = 0x10b;
constexpr uint16_t kPe32Plus = 0x20b;
constexpr uint32_t kCertificateTable = 4;  // index among the data directories

// From the start of the optional header to NumberOfRvaAndSizes, which the data directories follow.
uint64_t directories_offset(uint16_t magic) { return magic == kPe32Plus ? 108 : 92; }

Result<bool> read_certificates(Cursor& cursor, uint64_t optional_header) {
  TRY(cursor.seek(optional_header, "optional header"));
  const uint16_t magic = TRY(cursor.read<le16>("Magic"));
  if (magic != kPe32 && magic != kPe32Plus) return cursor.corrupt("Magic", "neither PE32 nor PE32+");
  TRY(cursor.seek(optional_header + directories_offset(magic), "NumberOfRvaAndSizes"));
  const uint32_t count = TRY(cursor.read<le32>("NumberOfRvaAndSizes"));
  if (count <= kCertificateTable) return false;
  TRY(cursor.skip(kCertificateTable * sizeof(DataDirectory), "data directories"));
  const auto table = TRY(cursor.read<DataDirectory>("certificate table"));
  return table.VirtualAddress != 0 && table.Size != 0;
}

Result<PeFacts> read_headers(Cursor cursor) {
  if (TRY(cursor.bytes(2, "magic"))[0] != std::byte{'M'}) return cursor.corrupt("magic", "not MZ");
  TRY(cursor.seek(kPeOffsetField, "e_lfanew"));
  const uint32_t start = TRY(cursor.read<le32>("e_lfanew"));
  TRY(cursor.seek(start, "PE header"));
  const auto coff = TRY(cursor.read<CoffHeader>("PE header"));
  if (coff.Signature != kPeSignature) return cursor.corrupt("PE header", "no PE signature");

  const uint64_t optional_header = cursor.offset();
  PeFacts facts{TRY(read_certificates(cursor, optional_header)), {}};
  TRY(cursor.seek(optional_header + coff.SizeOfOptionalHeader, "section table"));
  for (unsigned i = 0; i < coff.NumberOfSections; ++i) {
    const auto section = TRY(cursor.read<SectionHeader>("section header"));
    facts.sections.emplace_back(section.Name, std::ranges::find(section.Name, '\0'));
  }
  return facts;
}

}  // namespace

bool PeFacts::has_section(std::string_view name) const {
  return std::ranges::find(sections, name) != sections.end();
}

std::optional<PeFacts> read_pe(Bytes head) {
  Result<PeFacts> facts = read_headers(Cursor(head, "kernel image"));
  return facts ? std::optional(std::move(*facts)) : std::nullopt;
}

}  // namespace kdump::kexec
