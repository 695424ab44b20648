// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/image_type.h"

#include "kexec/bzimage.h"
#include "kexec/pe.h"

namespace kdump::kexec {
namespace {

bool has_at(Bytes head, size_t offset, std::string_view magic) {
  return text_of(head).substr(std::min(offset, head.size())).starts_with(magic);
}

bool is_zboot(Bytes head) { return has_at(head, 0, "MZ") && has_at(head, 4, "zimg"); }
bool is_arm64_image(Bytes head) { return has_at(head, 0x38, "ARM\x64"); }
bool is_riscv_image(Bytes head) { return has_at(head, 0x38, "RSC\x05"); }
bool is_elf(Bytes head) {
  return has_at(head, 0,
                "\x7f"
                "ELF");
}
bool is_gzip(Bytes head) { return has_at(head, 0, "\x1f\x8b"); }
bool is_zstd(Bytes head) { return has_at(head, 0, "\x28\xb5\x2f\xfd"); }
bool is_xz(Bytes head) {
  return has_at(head, 0,
                "\xfd"
                "7zXZ");
}
bool is_bzip2(Bytes head) { return has_at(head, 0, "BZh"); }
bool is_lz4(Bytes head) { return has_at(head, 0, "\x02\x21\x4c\x18") || has_at(head, 0, "\x04\x22\x4d\x18"); }
bool is_cpio(Bytes head) { return has_at(head, 0, "070701") || has_at(head, 0, "070702"); }
bool is_uki(Bytes head) {
  const auto pe = read_pe(head);
  return pe && pe->has_section(".linux");
}
bool is_pe(Bytes head) { return read_pe(head).has_value(); }

constexpr const char* kUncompress = "uncompress it and give the bzImage inside";

// The kinds of files, in the order they are looked for. New architecture: a row with its machine and an
// `examine` of its own; rows without one are only named.
struct ImageType {
  const char* name;
  const char* machine;  // whose kernel_file_load takes it, as uname has it
  bool (*recognises)(Bytes head);
  Result<ImageFacts> (*examine)(Bytes head, uint64_t file_size, const Host& host);
  const char* remedy;  // what to do when it cannot be loaded
};

constexpr ImageType kImageTypes[] = {
    {"x86 bzImage", "x86_64", is_bzimage, examine_bzimage, "give a kernel of this machine's architecture"},
    {"EFI zboot image", nullptr, is_zboot, nullptr, "the kernel inside has to be extracted first"},
    {"arm64 Image", "aarch64", is_arm64_image, nullptr, "give a kernel of this machine's architecture"},
    {"riscv Image", "riscv64", is_riscv_image, nullptr, "give a kernel of this machine's architecture"},
    {"unified kernel image", nullptr, is_uki, nullptr,
     "extract its .linux and .initrd sections (objcopy -O binary --only-section=.linux) and give these"},
    {"EFI program without a Linux kernel", nullptr, is_pe, nullptr, "give a bzImage (/boot/vmlinuz-…)"},
    {"ELF file (vmlinux)", nullptr, is_elf, nullptr, "give the bzImage it belongs to (/boot/vmlinuz-…)"},
    {"gzip file", nullptr, is_gzip, nullptr, kUncompress},
    {"zstd file", nullptr, is_zstd, nullptr, kUncompress},
    {"xz file", nullptr, is_xz, nullptr, kUncompress},
    {"bzip2 file", nullptr, is_bzip2, nullptr, kUncompress},
    {"lz4 file", nullptr, is_lz4, nullptr, kUncompress},
    {"cpio archive (an initramfs)", nullptr, is_cpio, nullptr, "give the kernel, and this file as --initrd"},
};

}  // namespace

Result<ImageFacts> identify_image(Bytes head, uint64_t file_size, const Host& host) {
  for (const ImageType& type : kImageTypes) {
    if (!type.recognises(head)) continue;
    const bool ours = type.machine != nullptr && host.machine == type.machine;
    if (ours && type.examine != nullptr) return type.examine(head, file_size, host);
    if (ours)
      return fail(ErrorKind::unsupported, "{}: loading it on {} is not built yet", type.name, host.machine);
    return fail("{}, which {} kernels do not load; {}", type.name, host.machine, type.remedy);
  }
  return fail("not a kernel image; give a bzImage (/boot/vmlinuz-…)");
}

}  // namespace kdump::kexec
