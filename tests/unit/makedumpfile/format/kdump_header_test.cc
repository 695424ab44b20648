// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/format/kdump_header.h"

#include <gtest/gtest.h>

#include <cstring>

#include "makedumpfile/format/kdump_writer.h"
#include "tests/unit/makedumpfile/support/fake_vmcore.h"
#include "tests/unit/makedumpfile/support/memory_sink.h"

namespace kdump {
namespace {

class KdumpHeaderTest : public testing::Test {
 protected:
  KdumpHeaderTest() {
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

  Result<KdumpHeaderFacts> read() { return read_kdump_header(sink_.bytes, sink_.bytes.size(), "dump"); }
  template <typename T>
  void put(size_t offset, T value) {
    std::memcpy(sink_.bytes.data() + offset, &value, sizeof value);
  }
  std::string error() {
    const auto facts = read();
    return facts ? "" : facts.error().message();
  }

  test::FakeVmcore vmcore_;
  test::MemorySink sink_;
};

TEST_F(KdumpHeaderTest, ReadsWhatTheWriterWrote) {
  const auto facts = read();
  ASSERT_TRUE(facts) << facts.error().message();
  EXPECT_EQ(facts->version, 6);
  EXPECT_EQ(facts->block_size, 4096U);
  EXPECT_EQ(facts->max_pfn, Pfn(100));
  EXPECT_EQ(facts->codec_flags, 2U);
  EXPECT_FALSE(facts->incomplete);
  EXPECT_EQ(facts->bitmap2, 3 * 4096U);
  EXPECT_EQ(facts->descriptors, 4 * 4096U);
}

TEST_F(KdumpHeaderTest, TellsAnIncompleteDump) {
  put<uint32_t>(424, 0xa);
  EXPECT_TRUE(read()->incomplete);
}

TEST_F(KdumpHeaderTest, RefusesWhatContradictsItself) {
  const std::tuple<size_t, uint32_t, const char*> wrong[] = {{0, 0, "signature"},
                                                             {8, 7, "header_version"},
                                                             {8, 0, "header_version"},
                                                             {428, 4095, "block_size"},
                                                             {428, 0x80000000, "block_size"},
                                                             {432, 0, "sub_hdr_size"},
                                                             {432, 0x7fffffff, "bitmap_blocks"},
                                                             {436, 0xffffffff, "bitmap_blocks"},
                                                             {436, 0, "max_mapnr"},
                                                             {4096 + 100, 1, "max_mapnr"},
                                                             {4096 + 36, 1, "vmcoreinfo"},
                                                             {4096 + 60, 0xffffffff, "notes"}};
  for (const auto& [offset, value, field] : wrong) {
    const ByteVector sound = sink_.bytes;
    put(offset, value);
    EXPECT_NE(error().find(field), std::string::npos) << field << ": " << error();
    sink_.bytes = sound;
  }
}

TEST_F(KdumpHeaderTest, RefusesATruncatedFile) {
  for (const size_t size : {0U, 7U, 463U, 4096U, 4199U, 9000U}) {
    EXPECT_FALSE(read_kdump_header(Bytes(sink_.bytes).first(size), size, "dump")) << size;
  }
}

}  // namespace
}  // namespace kdump
