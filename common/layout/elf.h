// SPDX-License-Identifier: GPL-2.0-or-later
// ELF core files: the parts a vmcore uses. Field names and values as in the System V gABI (elf.h); these
// structs only describe, reading is vmcore/'s work. The template parameter is the byte order (Little or Big
// of common/endian.h).
#pragma once

#include "common/endian.h"

namespace kdump::elf {

inline constexpr unsigned char kMagic[4] = {0x7f, 'E', 'L', 'F'};

// Indices into e_ident, and their values.
inline constexpr int EI_CLASS = 4, EI_DATA = 5, EI_VERSION = 6;
inline constexpr unsigned char ELFCLASS32 = 1, ELFCLASS64 = 2;
inline constexpr unsigned char ELFDATA2LSB = 1, ELFDATA2MSB = 2;

inline constexpr uint16_t ET_CORE = 4;
inline constexpr uint16_t EM_386 = 3, EM_PPC64 = 21, EM_S390 = 22, EM_X86_64 = 62, EM_AARCH64 = 183,
                          EM_RISCV = 243, EM_LOONGARCH = 258;
inline constexpr uint32_t PT_LOAD = 1, PT_NOTE = 4;
inline constexpr uint32_t PF_X = 1, PF_W = 2, PF_R = 4;
// e_phnum when the count does not fit: it is then in sh_info of section header 0.
inline constexpr uint16_t PN_XNUM = 0xffff;

// e_flags of a dump that its writer could not finish; makedumpfile's name and value.
inline constexpr uint32_t DUMP_ELF_INCOMPLETE = 1;

inline constexpr uint32_t NT_PRSTATUS = 1;      // of the notes named "CORE"
inline constexpr uint32_t NT_GNU_BUILD_ID = 3;  // of those named "GNU"

// st_shndx of a symbol that is only used, and the binding of one that its file keeps to itself.
inline constexpr uint16_t SHN_UNDEF = 0;
inline constexpr unsigned char STB_LOCAL = 0;
constexpr unsigned bind_of(unsigned char st_info) { return st_info >> 4; }

template <typename E>
struct Ehdr64 {
  unsigned char e_ident[16];
  typename E::u16 e_type;
  typename E::u16 e_machine;
  typename E::u32 e_version;
  typename E::u64 e_entry;
  typename E::u64 e_phoff;
  typename E::u64 e_shoff;
  typename E::u32 e_flags;
  typename E::u16 e_ehsize;
  typename E::u16 e_phentsize;
  typename E::u16 e_phnum;
  typename E::u16 e_shentsize;
  typename E::u16 e_shnum;
  typename E::u16 e_shstrndx;
};
static_assert(sizeof(Ehdr64<Little>) == 64);

template <typename E>
struct Phdr64 {
  typename E::u32 p_type;
  typename E::u32 p_flags;
  typename E::u64 p_offset;
  typename E::u64 p_vaddr;
  typename E::u64 p_paddr;
  typename E::u64 p_filesz;
  typename E::u64 p_memsz;
  typename E::u64 p_align;
};
static_assert(sizeof(Phdr64<Little>) == 56);

template <typename E>
struct Shdr64 {
  typename E::u32 sh_name;
  typename E::u32 sh_type;
  typename E::u64 sh_flags;
  typename E::u64 sh_addr;
  typename E::u64 sh_offset;
  typename E::u64 sh_size;
  typename E::u32 sh_link;
  typename E::u32 sh_info;
  typename E::u64 sh_addralign;
  typename E::u64 sh_entsize;
};
static_assert(sizeof(Shdr64<Little>) == 64);

template <typename E>
struct Sym64 {
  typename E::u32 st_name;
  unsigned char st_info;
  unsigned char st_other;
  typename E::u16 st_shndx;
  typename E::u64 st_value;
  typename E::u64 st_size;
};
static_assert(sizeof(Sym64<Little>) == 24);

// A note: this header, the name and the descriptor, each padded to 4 bytes.
template <typename E>
struct Nhdr {
  typename E::u32 n_namesz;
  typename E::u32 n_descsz;
  typename E::u32 n_type;
};
static_assert(sizeof(Nhdr<Little>) == 12);

}  // namespace kdump::elf
