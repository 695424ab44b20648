// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/btf.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/fake_btf.h"
#include "tests/unit/makedumpfile/support/fake_kernel.h"

namespace kdump {
namespace {

using test::FakeBtf;
using test::FakeKernel;
using ::testing::HasSubstr;

using Answer = std::optional<int64_t>;

Answer ask(const FakeBtf& btf, const FactPlace& place) {
  const auto answers = ask_btf(btf.bytes(), std::array{place});
  EXPECT_TRUE(answers) << answers.error().message();
  return answers ? answers->at(0) : std::nullopt;
}

Answer size_of(const FakeBtf& btf, std::string_view type) { return ask(btf, {FactKind::size, type, {}}); }
Answer offset_of(const FakeBtf& btf, std::string_view type, std::string_view member) {
  return ask(btf, {FactKind::offset, type, member});
}
Answer length_of(const FakeBtf& btf, std::string_view type, std::string_view member) {
  return ask(btf, {FactKind::length, type, member});
}
Answer number_of(const FakeBtf& btf, std::string_view type, std::string_view enumerator) {
  return ask(btf, {FactKind::number, type, enumerator});
}

TEST(Btf, SizesOfStructsUnionsAndTypedefs) {
  FakeBtf btf;
  const int mask = btf.structure("nodemask_struct", 128, {{"bits", btf.array(btf.long_type(), 16), 0}});
  btf.type_definition("nodemask_t", mask);
  btf.union_of("thread_union", 16384, {});
  EXPECT_EQ(size_of(btf, "nodemask_struct"), 128);
  EXPECT_EQ(size_of(btf, "nodemask_t"), 128);
  EXPECT_EQ(size_of(btf, "thread_union"), 16384);
  EXPECT_EQ(size_of(btf, "page"), std::nullopt);
}

TEST(Btf, OffsetsGoThroughAnonymousStructsAndUnions) {
  FakeBtf btf;
  const int cache = btf.structure("", 32, {{"lru", btf.long_type(), 0}, {"mapping", btf.long_type(), 16}});
  const int tail = btf.structure("", 8, {{"compound_head", btf.long_type(), 0}});
  const int either = btf.union_of("", 40, {{"", cache, 0}, {"", tail, 0}});
  btf.structure("page", 64,
                {{"flags", btf.long_type(), 0}, {"", either, 8}, {"_refcount", btf.int_type(), 52}});
  EXPECT_EQ(offset_of(btf, "page", "flags"), 0);
  EXPECT_EQ(offset_of(btf, "page", "mapping"), 24);
  EXPECT_EQ(offset_of(btf, "page", "compound_head"), 8);
  EXPECT_EQ(offset_of(btf, "page", "_refcount"), 52);
  EXPECT_EQ(offset_of(btf, "page", "compound_info"), std::nullopt);
}

TEST(Btf, OffsetsInWhatATypedefStandsFor) {
  FakeBtf btf;
  const int atomic = btf.structure("", 8, {{"counter", btf.long_type(), 0}});
  btf.type_definition("atomic_long_t", btf.type_definition("atomic64_t", atomic));
  EXPECT_EQ(offset_of(btf, "atomic_long_t", "counter"), 0);
}

TEST(Btf, ABitFieldHasNoOffset) {
  FakeBtf btf;
  btf.bit_field("flags", "three_bits");
  EXPECT_EQ(offset_of(btf, "flags", "three_bits"), std::nullopt);
}

TEST(Btf, LengthsOfArrays) {
  FakeBtf btf;
  const int area = btf.structure("free_area", 88, {});
  const int orders = btf.type_definition("orders", btf.array(area, 11));
  btf.structure("zone", 2000, {{"free_area", orders, 192}, {"name", btf.long_type(), 8}});
  EXPECT_EQ(length_of(btf, "zone", "free_area"), 11);
  EXPECT_EQ(length_of(btf, "zone", "name"), std::nullopt);
}

TEST(Btf, EnumeratorsOf32And64Bits) {
  FakeBtf btf;
  btf.enumeration("pageflags", {{"PG_locked", 0}, {"PG_lru", 5}, {"PG_none", -1}});
  btf.enumeration("wide", {{"WIDE", int64_t{1} << 40}}, 8);
  EXPECT_EQ(number_of(btf, "pageflags", "PG_lru"), 5);
  EXPECT_EQ(number_of(btf, "pageflags", "PG_none"), -1);
  EXPECT_EQ(number_of(btf, "pageflags", "PG_slab"), std::nullopt);
  EXPECT_EQ(number_of(btf, "wide", "WIDE"), int64_t{1} << 40);
}

TEST(Btf, AKindThatIsNotAskedForIsNoAnswer) {
  FakeBtf btf;
  btf.enumeration("mixed", {{"member", 7}});
  btf.structure("mixed", 8, {{"member", btf.int_type(), 4}});
  EXPECT_EQ(number_of(btf, "mixed", "member"), 7);
  EXPECT_EQ(offset_of(btf, "mixed", "member"), 4);
}

TEST(Btf, TwoTypesOfANameMustAgree) {
  FakeBtf btf;
  btf.structure("page", 64, {{"flags", btf.long_type(), 0}, {"private", btf.long_type(), 40}});
  btf.structure("page", 64, {{"flags", btf.long_type(), 0}, {"private", btf.long_type(), 48}});
  EXPECT_EQ(offset_of(btf, "page", "flags"), 0);
  EXPECT_EQ(offset_of(btf, "page", "private"), std::nullopt);
}

// Types are numbered in order: the first is int, the third what is added after the fixture's two.
TEST(Btf, AnonymousStructsInACircleEnd) {
  FakeBtf btf;
  btf.structure("page", 8, {{"", 3, 0}, {"", 3, 0}, {"flags", btf.long_type(), 0}});
  EXPECT_EQ(offset_of(btf, "page", "missing"), std::nullopt);
}

// Each of the types from the third on has the next one twice: 2^30 members.
TEST(Btf, AnonymousStructsThatDoubleTheirMembersEnd) {
  FakeBtf btf;
  for (int type = 3; type < 33; ++type)
    btf.structure(type == 3 ? "page" : "", 8, {{"", type + 1, 0}, {"", type + 1, 0}});
  btf.structure("", 8, {{"flags", btf.long_type(), 0}});
  const std::vector<FactPlace> places(100, FactPlace{FactKind::offset, "page", "missing"});
  const auto answers = ask_btf(btf.bytes(), places);
  ASSERT_TRUE(answers);
  EXPECT_EQ(answers->at(0), std::nullopt);
}

struct BrokenBtf : ::testing::Test {
  [[nodiscard]] std::string error() const {
    const auto answers = ask_btf(raw, {});
    return answers ? "no error" : answers.error().message();
  }
  template <typename T>
  void put(size_t offset, T value) {
    std::memcpy(raw.data() + offset, &value, sizeof value);
  }
  ByteVector raw = FakeBtf().bytes();
};

TEST_F(BrokenBtf, HeadersAreChecked) {
  EXPECT_EQ(error(), "no error");
  put<le16>(0, 0x9feb);
  EXPECT_THAT(error(), HasSubstr("BTF: magic 0x9feb"));
  put<le16>(0, 0xeb9f);
  put<uint8_t>(2, 9);
  EXPECT_THAT(error(), HasSubstr("version 9"));
}

// libbpf 1.1 takes sections to follow 24 bytes of header when it checks where they end.
TEST_F(BrokenBtf, ALongerHeaderMovesTheSectionsOutOfTheBytes) {
  put<le32>(4, 24 + 64);
  EXPECT_THAT(error(), HasSubstr("do not fit"));
  put<le32>(4, 0xfffffff0);
  EXPECT_THAT(error(), HasSubstr("do not fit"));
}

TEST_F(BrokenBtf, TruncatedBytesAreAnError) {
  const ByteVector whole = raw;
  for (size_t size = 0; size < whole.size(); ++size) {
    raw.assign(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_THAT(error(), HasSubstr("BTF: ")) << size;
  }
}

TEST_F(BrokenBtf, AnUnknownKindIsLibbpfsToRefuse) {
  put<le32>(24 + 4, 31U << 24);
  EXPECT_THAT(error(), HasSubstr("libbpf does not take it"));
}

TEST(ReadBtf, RefusesSizesThatNoKernelHas) {
  FakeKernel kernel;
  const auto info = kernel.info();
  const VirtAddr start(FakeKernel::kImageBase);
  for (const uint64_t size : {uint64_t{0}, (uint64_t{64} << 20) + 1, ~uint64_t{0}})
    EXPECT_THAT(read_btf(info->address_space(), start, start + size).error().message(), HasSubstr("at most"));
  EXPECT_FALSE(read_btf(info->address_space(), start, start + (uint64_t{32} << 20)));
  EXPECT_EQ(read_btf(info->address_space(), start, start + 10).value().size(), 10U);
}

}  // namespace
}  // namespace kdump
