// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/vmcore/kdump_headers.h"

#include <gtest/gtest.h>

#include <cstring>

#include "makedumpfile/format/kdump_writer.h"
#include "tests/unit/makedumpfile/support/elf_core_builder.h"
#include "tests/unit/makedumpfile/support/fake_vmcore.h"
#include "tests/unit/makedumpfile/support/memory_sink.h"
#include "tests/unit/makedumpfile/support/temporary_file.h"

namespace kdump {
namespace {

class KdumpHeadersTest : public testing::Test {
 protected:
  KdumpHeadersTest() {
    vmcore_.add_vmcoreinfo("OSRELEASE=6.1.0\n");
    KdumpParameters parameters;
    parameters.page_size = 4096;
    parameters.max_pfn = Pfn(100);
    parameters.codec = CodecId::lzo;
    parameters.notes = &vmcore_.notes();
    KdumpWriter writer(sink_, parameters);
    const ByteVector bits(104 / 8);
    EXPECT_TRUE(writer.write_header());
    EXPECT_TRUE(writer.write_bitmaps(Pfn(0), bits, bits));
    EXPECT_TRUE(writer.begin_pages(0, true));
    EXPECT_TRUE(writer.finish());
  }

  [[nodiscard]] Result<KdumpHeaders> read() const {
    return read_kdump_headers(test::MemorySource(sink_.bytes, "dump"));
  }
  template <typename T>
  void put(size_t offset, T value) {
    std::memcpy(sink_.bytes.data() + offset, &value, sizeof value);
  }
  [[nodiscard]] std::string error() const {
    const auto facts = read();
    return facts ? "" : facts.error().message();
  }

  test::FakeVmcore vmcore_;
  test::MemorySink sink_;
};

TEST_F(KdumpHeadersTest, ReadsWhatTheWriterWrote) {
  const auto facts = read();
  ASSERT_TRUE(facts) << facts.error().message();
  EXPECT_EQ(facts->version, 6);
  EXPECT_EQ(facts->block_size, 4096U);
  EXPECT_EQ(facts->max_pfn, Pfn(100));
  EXPECT_EQ(facts->status, 2U);
  EXPECT_FALSE(facts->incomplete());
  EXPECT_EQ(facts->bitmap2, 3 * 4096U);
  EXPECT_EQ(facts->descriptors, 4 * 4096U);
}

TEST_F(KdumpHeadersTest, TellsAnIncompleteDump) {
  put<uint32_t>(424, 0xa);
  EXPECT_TRUE(read()->incomplete());
}

TEST_F(KdumpHeadersTest, RefusesWhatContradictsItself) {
  const std::tuple<size_t, uint32_t, const char*> wrong[] = {{0, 0, "signature"},
                                                             {8, 7, "header_version"},
                                                             {8, 0, "header_version"},
                                                             {428, 4095, "block_size"},
                                                             {428, 0x80000000, "block_size"},
                                                             {432, 0, "sub_hdr_size"},
                                                             {432, 0x7fffffff, "sub_hdr_size"},
                                                             {436, 0xffffffff, "bitmap_blocks"},
                                                             {436, 0, "bitmap_blocks"},
                                                             {4096 + 100, 1, "bitmap_blocks"},
                                                             {4096 + 36, 1, "size_vmcoreinfo"},
                                                             {4096 + 60, 0xffffffff, "size_note"}};
  for (const auto& [offset, value, field] : wrong) {
    const ByteVector sound = sink_.bytes;
    put(offset, value);
    EXPECT_NE(error().find(field), std::string::npos) << field << ": " << error();
    sink_.bytes = sound;
  }
}

TEST_F(KdumpHeadersTest, RefusesATruncatedFile) {
  for (const size_t size : {9000U, 4199U, 4096U, 463U, 7U, 0U}) {
    sink_.bytes.resize(size);
    EXPECT_FALSE(read()) << size;
  }
}

TEST_F(KdumpHeadersTest, LooksOnlyAtFilesOfItsKind) {
  const test::TemporaryFile dump(sink_.bytes), other(ByteVector(5000)), tiny(ByteVector(3));
  const auto found = find_kdump_headers(dump.path());
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->max_pfn, Pfn(100));
  for (const std::string& path : {other.path(), tiny.path()}) {
    const auto none = find_kdump_headers(path);
    ASSERT_TRUE(none) << none.error().message();
    EXPECT_FALSE(*none);
  }
  put(8, 7);
  EXPECT_FALSE(find_kdump_headers(test::TemporaryFile(sink_.bytes).path()));
}

}  // namespace
}  // namespace kdump
