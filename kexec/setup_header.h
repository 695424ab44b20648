// SPDX-License-Identifier: GPL-2.0-or-later
// The x86 setup header of a bzImage (Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header"), with
// the specification's field names.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/endian.h"

namespace kdump::kexec {

inline constexpr uint64_t kSetupHeaderOffset = 0x1f1;
inline constexpr uint16_t kBootFlag = 0xaa55;
inline constexpr uint32_t kHeaderMagic = 0x53726448;  // "HdrS"

inline constexpr uint8_t kLoadedHigh = 1 << 0;    // loadflags
inline constexpr uint16_t kXlfKernel64 = 1 << 0;  // xloadflags
inline constexpr uint16_t kXlfCanBeLoadedAbove4G = 1 << 1;
inline constexpr uint16_t kXlf5Level = 1 << 5;

struct SetupHeader {
  uint8_t setup_sects = 0;  // 0 stands for 4
  le16 root_flags;
  le32 syssize;  // of the protected-mode code, in units of 16 bytes
  le16 ram_size;
  le16 vid_mode;
  le16 root_dev;
  le16 boot_flag;
  le16 jump;
  le32 header;
  le16 version;
  le32 realmode_swtch;
  le16 start_sys_seg;
  le16 kernel_version;
  uint8_t type_of_loader = 0;
  uint8_t loadflags = 0;
  le16 setup_move_size;
  le32 code32_start;
  le32 ramdisk_image;
  le32 ramdisk_size;
  le32 bootsect_kludge;
  le16 heap_end_ptr;
  uint8_t ext_loader_ver = 0;
  uint8_t ext_loader_type = 0;
  le32 cmd_line_ptr;
  le32 initrd_addr_max;
  le32 kernel_alignment;
  uint8_t relocatable_kernel = 0;
  uint8_t min_alignment = 0;
  le16 xloadflags;
  le32 cmdline_size;  // without the NUL
  le32 hardware_subarch;
  le64 hardware_subarch_data;
  le32 payload_offset;
  le32 payload_length;
  le64 setup_data;
  le64 pref_address;
  le32 init_size;  // memory the kernel needs until it has examined the memory map
  le32 handover_offset;
};
static_assert(kSetupHeaderOffset + offsetof(SetupHeader, header) == 0x202);
static_assert(kSetupHeaderOffset + offsetof(SetupHeader, xloadflags) == 0x236);
static_assert(kSetupHeaderOffset + offsetof(SetupHeader, init_size) == 0x260);
static_assert(sizeof(SetupHeader) == 0x268 - kSetupHeaderOffset);

}  // namespace kdump::kexec
