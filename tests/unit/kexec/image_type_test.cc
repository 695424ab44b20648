// SPDX-License-Identifier: GPL-2.0-or-later
#include "kexec/image_type.h"

#include <gmock/gmock.h>

#include "common/file.h"
#include "tests/unit/kexec/fixture.h"

namespace kdump::kexec {
namespace {

using testing::bzimage;
using testing::good_header;
using ::testing::HasSubstr;

const Host kHost{"x86_64", false};

Result<ImageFacts> identify(const std::string& image, const Host& host = kHost) {
  return identify_image(bytes_of(image), image.size(), host);
}

std::string complaint(const std::string& image, const Host& host = kHost) {
  const Result<ImageFacts> facts = identify(image, host);
  return facts ? "loadable" : facts.error().message();
}

// A bzImage whose header was changed by `change`.
template <typename Change>
std::string changed(Change change) {
  SetupHeader header = good_header();  // NOLINT(misc-const-correctness): changed below
  change(header);
  return bzimage(header);
}

void put(std::string& image, size_t offset, std::string_view bytes) {
  if (image.size() < offset + bytes.size()) image.resize(offset + bytes.size());
  image.replace(offset, bytes.size(), bytes);
}

// MZ, PE32+ with 16 data directories, the certificate table's size, and sections.
std::string pe_image(bool with_certificates, const std::vector<std::string>& sections) {
  std::string image(4096, '\0');
  put(image, 0, "MZ");
  put(image, 0x3c, std::string_view("\x80\0\0\0", 4));
  put(image, 0x80, std::string_view("PE\0\0", 4));
  image[0x86] = static_cast<char>(sections.size());
  image[0x94] = static_cast<char>(240);  // SizeOfOptionalHeader
  put(image, 0x98, "\x0b\x02");
  image[0x98 + 108] = 16;
  if (with_certificates) {
    put(image, 0x98 + 112 + 32, std::string_view("\0\x10\0\0\x60\0\0\0", 8));
  }
  for (size_t i = 0; i < sections.size(); ++i) put(image, 0x98 + 240 + 40 * i, sections[i]);
  return image;
}

TEST(ImageType, TellsWhatTheLoaderNeedsOfABzImage) {
  const Result<ImageFacts> facts = identify(bzimage());
  ASSERT_TRUE(facts) << facts.error().message();
  EXPECT_EQ(facts->type, "x86 bzImage");
  EXPECT_EQ(facts->memory, 32U << 20);
  EXPECT_EQ(facts->alignment, 2U << 20);
  EXPECT_EQ(facts->max_command_line, 2017U);
  EXPECT_FALSE(facts->has_certificates);
}

// The first 616 bytes of linux-image-6.1.0-*-cloud-amd64 6.1.192-2.
TEST(ImageType, ReadsARealKernelsHeaders) {
  const std::string head = read_text_file(KDUMP_SOURCE_DIR "/tests/fuzz/corpus/kernel_image/bzimage").value();
  const Result<ImageFacts> facts = identify_image(bytes_of(head), 14186432, {"x86_64", true});
  ASSERT_TRUE(facts) << facts.error().message();
  EXPECT_EQ(facts->memory, 0x3378000U);
  EXPECT_EQ(facts->max_command_line, 2017U);
  EXPECT_TRUE(facts->has_certificates);
  const Result<ImageFacts> cut = identify_image(bytes_of(head), 14184959, kHost);
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().message(),
              HasSubstr("truncated bzImage: 14184959 bytes, its header speaks of 14184960"));
}

struct BadHeader {
  const char* name;
  void (*change)(SetupHeader&);
  const char* message;
};

class BzImageHeader : public ::testing::TestWithParam<BadHeader> {};

TEST_P(BzImageHeader, FaultIsNamed) {
  EXPECT_THAT(complaint(changed(GetParam().change)), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, BzImageHeader,
    ::testing::Values(
        BadHeader{"boot_flag", [](SetupHeader& h) { h.boot_flag = 0; }, "boot_flag"},
        BadHeader{"version", [](SetupHeader& h) { h.version = 0x20b; }, "boot protocol 2.11, 2.12"},
        BadHeader{"low", [](SetupHeader& h) { h.loadflags = 0; }, "zImage, which is loaded low"},
        BadHeader{"bits32", [](SetupHeader& h) { h.xloadflags = kXlfCanBeLoadedAbove4G; }, "32-bit kernel"},
        BadHeader{"below4G", [](SetupHeader& h) { h.xloadflags = kXlfKernel64; }, "above 4 GiB"},
        BadHeader{"truncated", [](SetupHeader& h) { h.syssize = 65; },
                  "truncated bzImage: 2048 bytes, its header speaks of 2064"},
        BadHeader{"truncated_setup", [](SetupHeader& h) { h.setup_sects = 4; }, "truncated bzImage"},
        BadHeader{"default_setup_sectors", [](SetupHeader& h) { h.setup_sects = 0; },
                  "its header speaks of 3584"},
        BadHeader{"init_size", [](SetupHeader& h) { h.init_size = 0; }, "init_size"},
        BadHeader{"cmdline_size", [](SetupHeader& h) { h.cmdline_size = 30; }, "cmdline_size"},
        BadHeader{"alignment", [](SetupHeader& h) { h.kernel_alignment = 3; }, "kernel_alignment"}),
    [](const auto& row) { return row.param.name; });

TEST(ImageType, FiveLevelPagingNeedsAKernelThatCanTakeItOver) {
  const std::string image =
      changed([](SetupHeader& h) { h.xloadflags = kXlfKernel64 | kXlfCanBeLoadedAbove4G; });
  EXPECT_EQ(complaint(image, {"x86_64", false}), "loadable");
  EXPECT_THAT(complaint(image, {"x86_64", true}), HasSubstr("5-level paging"));
  EXPECT_EQ(complaint(bzimage(), {"x86_64", true}), "loadable");
}

struct WrongFile {
  const char* name;
  std::string content;
  const char* message;
};

class OtherFiles : public ::testing::TestWithParam<WrongFile> {};

TEST_P(OtherFiles, AreNamed) { EXPECT_THAT(complaint(GetParam().content), HasSubstr(GetParam().message)); }

std::string arm64_image() {
  std::string image(4096, '\0');
  put(image, 0x38, "ARM\x64");
  return image;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, OtherFiles,
    ::testing::Values(
        WrongFile{"gzip", "\x1f\x8b\x08 and so on",
                  "gzip file, which x86_64 kernels do not load; uncompress"},
        WrongFile{"zstd", "\x28\xb5\x2f\xfd", "zstd file"},
        WrongFile{"xz",
                  "\xfd"
                  "7zXZ",
                  "xz file"},
        WrongFile{"bzip2", "BZh91AY", "bzip2 file"}, WrongFile{"lz4", "\x02\x21\x4c\x18", "lz4 file"},
        WrongFile{"elf",
                  "\x7f"
                  "ELF\x02\x01",
                  "ELF file (vmlinux), which x86_64 kernels do not load; give the bzImage"},
        WrongFile{"cpio", "070701000", "cpio archive (an initramfs)"},
        WrongFile{"zboot", std::string("MZ\0\0zimg", 8), "EFI zboot image"},
        WrongFile{"arm64", arm64_image(), "arm64 Image"},
        WrongFile{"uki", pe_image(false, {".text", ".linux", ".initrd"}), "unified kernel image"},
        WrongFile{"pe", pe_image(true, {".text"}), "EFI program without a Linux kernel"},
        WrongFile{"text", "#!/bin/sh\n", "not a kernel image"},
        WrongFile{"one_byte", "M", "not a kernel image"}, WrongFile{"empty", "", "not a kernel image"},
        WrongFile{"zeroes", std::string(65536, '\0'), "not a kernel image"},
        WrongFile{"pe_offset_outside", std::string("MZ") + std::string(0x3a, '\0') + "\xff\xff\xff\xff",
                  "not a kernel image"}),
    [](const auto& row) { return row.param.name; });

TEST(ImageType, EveryTruncationOfAHeaderIsAnErrorNotACrash) {
  for (const std::string& whole : {bzimage(), pe_image(true, {".linux"}), arm64_image()}) {
    for (size_t size = 0; size < 0x268; ++size) EXPECT_NE(complaint(whole.substr(0, size)), "loadable");
  }
}

TEST(ImageType, CertificateTableCountsAsSigned) {
  for (const bool with_certificates : {false, true}) {
    std::string image = pe_image(with_certificates, {});
    // The kernel's own images have both headers: PE at 0x40, the setup header at 0x1f1.
    const SetupHeader header = good_header();
    put(image, kSetupHeaderOffset, text_of(bytes_of(header)));
    const Result<ImageFacts> facts = identify(image);
    ASSERT_TRUE(facts) << facts.error().message();
    EXPECT_EQ(facts->has_certificates, with_certificates);
  }
}

TEST(ImageType, BzImageOnAnotherArchitecture) {
  EXPECT_THAT(complaint(bzimage(), {"aarch64", false}),
              HasSubstr("x86 bzImage, which aarch64 kernels do not load"));
  EXPECT_THAT(complaint(arm64_image(), {"aarch64", false}), HasSubstr("not built yet"));
}

}  // namespace
}  // namespace kdump::kexec
