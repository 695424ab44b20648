// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/notes.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/fake_vmcore.h"

namespace kdump {
namespace {

using ::testing::HasSubstr;

ByteVector joined(std::initializer_list<ByteVector> parts) {
  ByteVector all;
  for (const ByteVector& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

TEST(Notes, FindsVmcoreinfoAndCountsCpus) {
  const ByteVector cpu = test::note_bytes("CORE", elf::NT_PRSTATUS, ByteVector(336));
  const ByteVector text = test::note_bytes("VMCOREINFO", 0, bytes_of(std::string_view("OSRELEASE=6.1\n")));
  const Notes notes = Notes::parse(joined({cpu, cpu, text}), false, "core");
  EXPECT_EQ(notes.cpu_count(), 2U);
  EXPECT_EQ(notes.vmcoreinfo(), "OSRELEASE=6.1\n");
  EXPECT_EQ(text_of(notes.raw().subspan(notes.vmcoreinfo_offset(), 9)), "OSRELEASE");
  EXPECT_EQ(notes.damage(), "");
}

TEST(Notes, SkipsZerosOfCpusThatNeverCameUp) {
  const ByteVector cpu = test::note_bytes("CORE", elf::NT_PRSTATUS, ByteVector(8));
  const Notes notes = Notes::parse(joined({cpu, ByteVector(100), cpu, ByteVector(3)}), false, "core");
  EXPECT_EQ(notes.cpu_count(), 2U);
  EXPECT_EQ(notes.damage(), "");
}

TEST(Notes, KeepsWhatPrecedesADamagedNote) {
  const ByteVector text = test::note_bytes("VMCOREINFO", 0, bytes_of(std::string_view("A=1\n")));
  elf::Nhdr<Little> huge{};
  huge.n_namesz = 5;
  huge.n_descsz = UINT32_MAX;
  const ByteVector damaged(bytes_of(huge).begin(), bytes_of(huge).end());
  const Notes notes = Notes::parse(joined({text, damaged, ByteVector(8)}), false, "core: notes");
  EXPECT_EQ(notes.vmcoreinfo(), "A=1\n");
  EXPECT_THAT(notes.damage(), HasSubstr("core: notes: offset"));
  EXPECT_THAT(notes.damage(), HasSubstr("n_descsz"));
  EXPECT_EQ(notes.raw().size(), text.size() + 20);
}

TEST(Notes, ReadsBigEndian) {
  elf::Nhdr<Big> header{};
  header.n_namesz = 5;
  header.n_descsz = 4;
  header.n_type = elf::NT_PRSTATUS;
  ByteVector raw(bytes_of(header).begin(), bytes_of(header).end());
  for (const char c : {'C', 'O', 'R', 'E', '\0', '\0', '\0', '\0', 'd', 'e', 's', 'c'})
    raw.push_back(std::byte(c));
  EXPECT_EQ(Notes::parse(raw, true, "core").cpu_count(), 1U);
  EXPECT_NE(Notes::parse(raw, false, "core").damage(), "");
}

TEST(Notes, HasTheRegistersOfEachCpu) {
  ByteVector raw;
  for (const char* registers : {"first", "second"}) {
    const ByteVector note = test::note_bytes("CORE", elf::NT_PRSTATUS, bytes_of(std::string_view(registers)));
    raw.insert(raw.end(), note.begin(), note.end());
  }
  const Notes notes = Notes::parse(raw, false, "core");
  ASSERT_EQ(notes.cpu_count(), 2U);
  EXPECT_EQ(text_of(notes.prstatus(0)), "first");
  EXPECT_EQ(text_of(notes.prstatus(1)), "second");
}

TEST(Notes, NothingIsNoDamage) {
  const Notes notes = Notes::parse({}, false, "core");
  EXPECT_EQ(notes.damage(), "");
  EXPECT_EQ(notes.vmcoreinfo(), "");
}

}  // namespace
}  // namespace kdump
