// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/bzimage.h"

#include "common/cursor.h"
#include "kexec/pe.h"

namespace kdump::kexec {
namespace {

constexpr uint16_t kMinimumVersion = 0x020c;
constexpr uint64_t kSectorSize = 512;
constexpr uint64_t kDefaultSetupSectors = 4;
// MAX_ELFCOREHDR_STR_LEN: what the kernel keeps free for "elfcorehdr=0x…".
constexpr uint64_t kElfcorehdrLength = 30;

uint64_t setup_size(const SetupHeader& header) {
  const uint64_t sectors = header.setup_sects != 0 ? header.setup_sects : kDefaultSetupSectors;
  return (sectors + 1) * kSectorSize;
}

// What the kernel refuses with ENOEXEC.
Status check_protocol(const SetupHeader& header, const Host& host) {
  if (header.boot_flag != kBootFlag)
    return fail("damaged bzImage: boot_flag is {:#x}, not 0xaa55", +header.boot_flag);
  if (header.version < kMinimumVersion) {
    return fail("bzImage of boot protocol {}.{:02}, 2.12 (Linux 3.8) or newer is needed", header.version >> 8,
                header.version & 0xff);
  }
  if ((header.loadflags & kLoadedHigh) == 0) return fail("zImage, which is loaded low; a bzImage is needed");
  if ((header.xloadflags & kXlfKernel64) == 0)
    return fail("32-bit kernel (bzImage without a 64-bit entry point); give a 64-bit one");
  if ((header.xloadflags & kXlfCanBeLoadedAbove4G) == 0) {
    return fail("bzImage that cannot be loaded above 4 GiB; give one built with CONFIG_RELOCATABLE");
  }
  if (host.five_level_paging && (header.xloadflags & kXlf5Level) == 0) {
    return fail(
        "bzImage that cannot take over from 5-level paging; give one built with CONFIG_X86_5LEVEL, or boot "
        "this machine with no5lvl");
  }
  return {};
}

Status check_size(const SetupHeader& header, uint64_t file_size) {
  const uint64_t expected = setup_size(header) + uint64_t{header.syssize} * 16;
  if (file_size >= expected) return {};
  return fail("truncated bzImage: {} bytes, its header speaks of {}; copy or install it again", file_size,
              expected);
}

Status check_values(const SetupHeader& header) {
  if (header.init_size == 0) return fail("damaged bzImage: init_size is 0");
  if (header.cmdline_size <= kElfcorehdrLength)
    return fail("damaged bzImage: cmdline_size is {}", +header.cmdline_size);
  const uint32_t alignment = header.kernel_alignment;
  if (!std::has_single_bit(alignment))
    return fail("damaged bzImage: kernel_alignment {:#x} is not a power of two", alignment);
  return {};
}

}  // namespace

Result<SetupHeader> read_setup_header(Bytes head) {
  Cursor cursor(head, "kernel image");
  TRY(cursor.seek(kSetupHeaderOffset, "setup header"));
  return cursor.read<SetupHeader>("setup header");
}

bool is_bzimage(Bytes head) {
  const Result<SetupHeader> header = read_setup_header(head);
  return header && header->header == kHeaderMagic;
}

Result<ImageFacts> examine_bzimage(Bytes head, uint64_t file_size, const Host& host) {
  const SetupHeader header = TRY(read_setup_header(head));
  TRY(check_protocol(header, host));
  TRY(check_size(header, file_size));
  TRY(check_values(header));
  const auto pe = read_pe(head);
  return ImageFacts{
      .type = "x86 bzImage",
      .memory = header.init_size,
      .alignment = header.kernel_alignment,
      .max_command_line = header.cmdline_size - kElfcorehdrLength,
      .has_certificates = pe && pe->has_certificates,
      .details =
          fmt::format("boot protocol {}.{:02}, xloadflags {:#x}, init_size {:#x}, kernel_alignment {:#x}, "
                      "cmdline_size {}",
                      header.version >> 8, header.version & 0xff, +header.xloadflags, +header.init_size,
                      +header.kernel_alignment, +header.cmdline_size),
  };
}

}  // namespace kdump::kexec
