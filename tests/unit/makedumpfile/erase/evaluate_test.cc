// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/erase/evaluate.h"

#include <gmock/gmock.h>

#include "tests/unit/makedumpfile/support/fake_kernel.h"
#include "tests/unit/makedumpfile/support/fake_modules.h"

namespace kdump {
namespace {

using test::FakeKernel;
using test::FakeProgram;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

PhysRange phys(uint64_t vaddr, uint64_t size) {
  const PhysAddr begin(vaddr - FakeKernel::kImageBase);
  return {begin, begin + size};
}

// The program of FakeProgram in a dead kernel that ran where it was linked, or `offset` further on.
class Evaluate : public ::testing::Test {
 protected:
  static constexpr uint64_t kHeap = FakeProgram::kBase + 0x10000;

  void put(uint64_t vaddr, uint64_t value) {
    kernel_.vmcore().put_value<le64>(vaddr - FakeKernel::kImageBase, value);
  }
  void put_text(uint64_t vaddr, std::string_view text) {
    kernel_.vmcore().put(vaddr - FakeKernel::kImageBase, bytes_of(text));
  }

  Result<ErasePlan> plan(std::string_view text, uint64_t offset = 0) {
    const auto rules = bind_rules(*parse_erase_rules(text, "conf"), program_.types, modules_);
    if (!rules) return std::unexpected(rules.error());
    NamedFacts named{.file = "vmlinux", .machine = 0, .lines = {}};
    rules->add_symbols(named);
    kernel_.line(fmt::format("KERNELOFFSET={:x}", offset));
    info_.emplace(TRY(kernel_.info(named)));
    return plan_erasure(*rules, *info_);
  }

  ErasePlan good_plan(std::string_view text, uint64_t offset = 0) {
    auto made = plan(text, offset);
    EXPECT_TRUE(made) << made.error().message();
    return made ? std::move(*made) : ErasePlan{};
  }

  static const std::vector<PhysRange>& poisoned(const ErasePlan& plan) {
    return plan.memory.ranges(EraseFill::poison);
  }

  FakeKernel kernel_;
  FakeProgram program_;
  test::FakeModules modules_;
  std::optional<KernelInfo> info_;
};

TEST_F(Evaluate, VariablesAndMembers) {
  const ErasePlan made = good_plan("erase buffer\nerase start.secret\nerase number size 2");
  EXPECT_THAT(poisoned(made), ElementsAre(phys(FakeProgram::kStart + FakeProgram::kSecret, 16),
                                          phys(FakeProgram::kBuffer, 100), phys(FakeProgram::kNumber, 2)));
  EXPECT_EQ(made.info, "erase buffer size 100\nerase start.secret size 16\nerase number size 2\n");
  EXPECT_THAT(made.notes, IsEmpty());
}

TEST_F(Evaluate, SymbolsMoveWithTheKernel) {
  EXPECT_THAT(poisoned(good_plan("erase buffer", 0x200000)),
              ElementsAre(phys(FakeProgram::kBuffer + 0x200000, 100)));
}

TEST_F(Evaluate, PointersAreFollowed) {
  put(FakeProgram::kFirst, kHeap);
  put(kHeap + FakeProgram::kOther, kHeap + 0x1000);
  put(kHeap + 0x1000 + FakeProgram::kKey, kHeap + 0x2000);
  put(kHeap + 0x1000 + FakeProgram::kText, kHeap + 0x3000);
  put_text(kHeap + 0x3000, std::string_view("a secret\0and more", 17));
  const ErasePlan made = good_plan(
      "erase first.other.key size 40\nerase first.other.key nullify\nerase first.other.text\nerase first");
  EXPECT_THAT(poisoned(made), ElementsAre(phys(kHeap, FakeProgram::kItem), phys(kHeap + 0x2000, 40),
                                          phys(kHeap + 0x3000, 8)));
  EXPECT_THAT(made.memory.ranges(EraseFill::zero), ElementsAre(phys(kHeap + 0x1000 + FakeProgram::kKey, 8)));
  EXPECT_THAT(made.info, HasSubstr("erase first.other.key nullify\nerase first.other.text size 8\n"));
}

TEST_F(Evaluate, AnObjectIsToldOnce) {
  put(FakeProgram::kSlots, kHeap);
  put(FakeProgram::kSlots + 8, kHeap);
  const ErasePlan made =
      good_plan("for i in slots\nerase i.secret\nendfor\nerase buffer size 3\nerase buffer");
  EXPECT_EQ(made.info, "erase i.secret size 16\nerase buffer size 3\n");
  EXPECT_EQ(made.memory.bytes(), 116U);
}

TEST_F(Evaluate, NullIsNothingToErase) {
  const ErasePlan made = good_plan(
      "erase first\nerase first.secret\nerase start.text\nerase start.key size 8\nerase start.other.key "
      "nullify");
  EXPECT_TRUE(made.memory.empty());
  EXPECT_EQ(made.info, "");
  EXPECT_THAT(made.notes, IsEmpty());
}

TEST_F(Evaluate, TextWithoutAnEndStopsAfterAKilobyteOrAtTheEndOfMemory) {
  put(FakeProgram::kStart + FakeProgram::kText, kHeap);
  put_text(kHeap, std::string(2000, 's'));
  const uint64_t end = FakeKernel::kImageBase + FakeKernel::kMemorySize;
  put(FakeProgram::kFirst, kHeap + 0x1000);
  put(kHeap + 0x1000 + FakeProgram::kText, end - 100);
  put_text(end - 100, std::string(100, 's'));
  EXPECT_THAT(poisoned(good_plan("erase start.text\nerase first.text")),
              ElementsAre(phys(kHeap, 1024), phys(end - 100, 100)));
}

TEST_F(Evaluate, SizesComeFromMemory) {
  put(FakeProgram::kStart + FakeProgram::kKey, kHeap);
  put(FakeProgram::kStart + FakeProgram::kKeySize, 0x1234567800000018);  // an int, and what follows it
  EXPECT_THAT(poisoned(good_plan("erase start.key size start.key_size")), ElementsAre(phys(kHeap, 0x18)));
}

TEST_F(Evaluate, ASizeThatCannotBeIsANote) {
  put(FakeProgram::kStart + FakeProgram::kKey, kHeap);
  put(FakeProgram::kStart + FakeProgram::kKeySize, 0xffffffff);
  put(FakeProgram::kNumber, 0x7fffffff);
  const ErasePlan made = good_plan("erase start.key size start.key_size\nerase start.key size number");
  EXPECT_TRUE(made.memory.empty());
  ASSERT_EQ(made.notes.size(), 2U);
  EXPECT_EQ(made.notes[0], "conf:1: 'start.key' is not erased as a whole: the size is -1");
  EXPECT_THAT(made.notes[1], HasSubstr("2147483647 bytes at 0xffffffff80210000 cannot be"));
}

TEST_F(Evaluate, MemoryIsErasedPageByPageWhereItIs) {
  constexpr uint64_t kVmalloc = 0xffffc90000000000;
  kernel_.map(kVmalloc, 0x600000, 12);
  kernel_.map(kVmalloc + 4096, 0x500000, 12);
  put(FakeProgram::kStart + FakeProgram::kKey, kVmalloc + 4000);
  const ErasePlan made = good_plan("erase start.key size 200\nerase start.key size 8K");
  EXPECT_THAT(poisoned(made), ElementsAre(PhysRange{PhysAddr(0x500000), PhysAddr(0x501000)},
                                          PhysRange{PhysAddr(0x600fa0), PhysAddr(0x601000)}));
  EXPECT_THAT(made.notes, ElementsAre(HasSubstr("of 8192 bytes at 0xffffc90000000fa0 only 4192 are mapped")));
}

TEST_F(Evaluate, Arrays) {
  put(FakeProgram::kSlots, kHeap);
  put(FakeProgram::kSlots + 16, kHeap + 0x1000);
  const ErasePlan made =
      good_plan("for i in items\nerase i.secret\nendfor\nfor i in slots\nerase i.secret\nendfor");
  std::vector<PhysRange> expected;
  for (uint64_t i = 0; i < 3; ++i)
    expected.push_back(phys(FakeProgram::kItems + i * FakeProgram::kItem + FakeProgram::kSecret, 16));
  for (const uint64_t item : {kHeap, kHeap + 0x1000})
    expected.push_back(phys(item + FakeProgram::kSecret, 16));
  EXPECT_EQ(poisoned(made), expected);
  EXPECT_THAT(made.notes, IsEmpty());
}

TEST_F(Evaluate, ChainsEndAtNullOrAtTheirStart) {
  for (const uint64_t last : {uint64_t{0}, FakeProgram::kStart}) {
    kernel_ = FakeKernel();
    put(FakeProgram::kStart + FakeProgram::kNext, kHeap);
    put(kHeap + FakeProgram::kNext, last);
    const ErasePlan made = good_plan("for i in start\nerase i.secret\nendfor");
    EXPECT_THAT(poisoned(made), ElementsAre(phys(FakeProgram::kStart + FakeProgram::kSecret, 16),
                                            phys(kHeap + FakeProgram::kSecret, 16)));
    EXPECT_THAT(made.notes, IsEmpty());
  }
}

TEST_F(Evaluate, ListsEndAtTheirHead) {
  const uint64_t a = kHeap + FakeProgram::kList, b = kHeap + 0x1000 + FakeProgram::kList;
  put(FakeProgram::kHead, a);
  put(a, b);
  put(b, FakeProgram::kHead);
  const ErasePlan made = good_plan("for i in head within item:list\nerase i.secret\nendfor");
  EXPECT_THAT(poisoned(made), ElementsAre(phys(kHeap + FakeProgram::kSecret, 16),
                                          phys(kHeap + 0x1000 + FakeProgram::kSecret, 16)));
  EXPECT_THAT(made.notes, IsEmpty());
}

TEST_F(Evaluate, ADamagedListIsErasedAsFarAsItGoes) {
  const uint64_t a = kHeap + FakeProgram::kList, b = kHeap + 0x1000 + FakeProgram::kList;
  put(FakeProgram::kHead, a);
  put(a, b);
  put(b, a);  // never comes to the head
  put(FakeProgram::kStart + FakeProgram::kNext, 0xdead000000000100);
  put(FakeProgram::kHead + 8, b);
  put(b + 8, 0);
  const ErasePlan made = good_plan(
      "for i in head within item:list\nerase i.secret\nendfor\n"
      "for i in start\nerase i.secret\nendfor\n"
      "for i in head.prev within item\nerase i.key nullify\nendfor");
  EXPECT_THAT(poisoned(made), ElementsAre(phys(FakeProgram::kStart + FakeProgram::kSecret, 16),
                                          phys(kHeap + FakeProgram::kSecret, 16),
                                          phys(kHeap + 0x1000 + FakeProgram::kSecret, 16)));
  EXPECT_THAT(made.memory.ranges(EraseFill::zero), ElementsAre(phys(kHeap + 0x1000 + FakeProgram::kKey, 8)));
  EXPECT_THAT(made.notes, ElementsAre(HasSubstr("conf:1: 'head' is not erased as a whole: the list goes in a "
                                                "circle without coming back to its start"),
                                      HasSubstr("conf:4: 'start'"), HasSubstr("conf:5: 'i.secret'"),
                                      HasSubstr("conf:7: 'head.prev' is not erased as a "
                                                "whole: a link is NULL")));
}

TEST_F(Evaluate, TroubleIsToldOnceALine) {
  for (uint64_t i = 0; i < 3; ++i)
    put(FakeProgram::kItems + i * FakeProgram::kItem + FakeProgram::kKey, 0x4000 + i);
  const ErasePlan made = good_plan("for i in items\nerase i.key size 4\nendfor");
  EXPECT_TRUE(made.memory.empty());
  EXPECT_THAT(made.notes,
              ElementsAre(::testing::AllOf(HasSubstr("conf:2: 'i.key'"), HasSubstr("(3 times)"))));
}

TEST_F(Evaluate, MoreThanASoundKernelHasIsAnError) {
  put(FakeProgram::kStart + FakeProgram::kKey, FakeKernel::kImageBase);
  std::string rules;
  for (int i = 0; i < 20; ++i) rules += "erase start.key size 1024M\n";
  const auto made = plan(rules);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(),
              HasSubstr("conf: the rules lead to more than 4194304 objects and pages"));
}

TEST_F(Evaluate, EachCpuHasItsOwnVariables) {
  constexpr uint64_t kOffsets = FakeProgram::kBase + 0x8000, kIds = FakeProgram::kBase + 0x9000;
  kernel_.line("SYMBOL(__per_cpu_start)=0");
  kernel_.line(fmt::format("SYMBOL(__per_cpu_offset)={:x}", kOffsets));
  kernel_.line(fmt::format("SYMBOL(nr_cpu_ids)={:x}", kIds));
  constexpr uint64_t kDirect = 0xffff888000000000;
  kernel_.map(kDirect + 0x800000, 0x800000, 21);
  put(kIds, 3);
  put(kOffsets, kDirect + 0x800000);
  put(kOffsets + 8, kDirect + 0x900000);
  put(kOffsets + 16, FakeProgram::kBase + 0xa000);  // of a CPU that cannot be
  EXPECT_THAT(poisoned(good_plan("erase cpu_number")),
              ElementsAre(PhysRange{PhysAddr(0x800040), PhysAddr(0x800048)},
                          PhysRange{PhysAddr(0x900040), PhysAddr(0x900048)}));
}

TEST_F(Evaluate, WhatWasErasedBeforeIsToldFirst) {
  kernel_.vmcore().add_note("ERASEINFO", 0, bytes_of(std::string_view("erase old size 1\n\0\0", 19)));
  EXPECT_EQ(good_plan("erase buffer size 4").info, "erase old size 1\nerase buffer size 4\n");
}

TEST_F(Evaluate, TheHeaderCopyOfWhatIsErasedIsErased) {
  kernel_.line(fmt::format("SYMBOL(init_uts_ns)={:x}", FakeProgram::kBuffer - 130));
  put_text(FakeProgram::kBuffer - 130, "Linux");
  put_text(FakeProgram::kBuffer - 65, "a-secret-host");
  put_text(FakeProgram::kBuffer, "6.1.0-test");
  const ErasePlan made = good_plan("erase buffer size 3");
  const diskdump::UtsName name = erased_utsname(*info_, made.memory);
  EXPECT_STREQ(name.nodename, "a-secret-host");
  EXPECT_STREQ(name.release, "XXX.0-test");
}

TEST(ErasedMemory, AppliesBothFillsOverPageBoundaries) {
  ErasedMemory erased;
  ASSERT_TRUE(erased.add({PhysAddr(0x1ffe), PhysAddr(0x2004)}, EraseFill::poison));
  ASSERT_TRUE(erased.add({PhysAddr(0x1000), PhysAddr(0x1002)}, EraseFill::poison));
  ASSERT_TRUE(erased.add({PhysAddr(0x2002), PhysAddr(0x2006)}, EraseFill::zero));
  erased.finish();
  ByteVector first(4096, std::byte{1}), second = first, third = first;
  erased.apply(PhysAddr(0x1000), first);
  erased.apply(PhysAddr(0x2000), second);
  erased.apply(PhysAddr(0x3000), third);
  EXPECT_EQ(std::ranges::count(first, std::byte{'X'}), 4);
  EXPECT_EQ(first[1], std::byte{'X'});
  EXPECT_EQ(first[2], std::byte{1});
  EXPECT_EQ(first[4095], std::byte{'X'});
  EXPECT_EQ(text_of(Bytes(second).first(7)), std::string_view("XX\0\0\0\0\1", 7));
  EXPECT_EQ(third, ByteVector(4096, std::byte{1}));
  EXPECT_EQ(erased.bytes(), 12U);
}

// The same kernel with the module "mod", loaded at kHeap.
class EvaluateModules : public Evaluate {
 protected:
  static constexpr uint64_t kModules = FakeKernel::kImageBase + 0x500000;

  EvaluateModules() {
    test::FakeModuleList::declare(program_.types, kModules);
    test::FakeTypes& types = modules_.modules["mod"];
    types.set_name("mod.ko");
    types.set_build_id("12ab");
    const TypeId item = types.structure("item", 32);
    types.add_member(item, "next", {types.pointer(item), 0});
    types.variable("first", 0x10, types.pointer(item));
    types.variable("buffer", 0x20, types.array(types.number("char", 1), 10));
  }
  uint64_t load(const std::string& id = "\x12\xab") {
    return list_.add("mod", {{"first", kHeap}, {"buffer", kHeap + 0x100, true}}, id);
  }

  std::string error(std::string_view text) {
    const auto made = plan(text);
    EXPECT_FALSE(made);
    return made ? "" : made.error().message();
  }

  test::FakeModuleList list_{kernel_, kModules};
};

TEST_F(EvaluateModules, TheirSymbolsAreWhereTheirTableSays) {
  load();
  put(kHeap, kHeap + 0x1000);
  put(kHeap + 0x1000, kHeap + 0x2000);
  const auto made = plan(
      "erase buffer\n[mod]\nerase buffer\nfor i in first\nerase i.next nullify\nendfor\n[vmlinux]\nerase "
      "number");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_THAT(poisoned(*made), ElementsAre(phys(FakeProgram::kBuffer, 100), phys(FakeProgram::kNumber, 4),
                                           phys(kHeap + 0x100, 10)));
  EXPECT_THAT(made->memory.ranges(EraseFill::zero),
              ElementsAre(phys(kHeap + 0x1000, 8), phys(kHeap + 0x2000, 8)));
  EXPECT_EQ(made->info,
            "erase buffer size 100\nerase buffer size 10\nerase i.next nullify\nerase i.next nullify\nerase "
            "number size 4\n");
  EXPECT_THAT(made->notes, IsEmpty());
}

TEST_F(EvaluateModules, TheListMovesWithTheKernelAndTheirSymbolsDoNot) {
  // KASLR put the kernel 2 MiB higher than it was linked to.
  program_.types.variable("modules", kModules - 0x200000, kNoType);
  load();
  const auto made = plan("[mod]\nerase buffer", 0x200000);
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_THAT(poisoned(*made), ElementsAre(phys(kHeap + 0x100, 10)));
}

TEST_F(EvaluateModules, RulesOfOneThatWasNotLoadedArePassedOver) {
  list_.add("another", {{"buffer", kHeap}});
  const auto made = plan("[mod]\nerase buffer\n[no-such]\nerase x\n[vmlinux]\nerase number");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_THAT(poisoned(*made), ElementsAre(phys(FakeProgram::kNumber, 4)));
  EXPECT_THAT(made->notes, ElementsAre("conf:1: no module 'mod' was loaded: its rules are passed over",
                                       "conf:3: no module 'no_such' was loaded: its rules are passed over"));
}

TEST_F(EvaluateModules, OneThatWasLoadedNeedsDebugInformation) {
  list_.add("other", {});
  EXPECT_EQ(error("[mod]\nerase buffer\n[other]\nerase x"),
            "conf:3:1: [other]: the module was loaded, but what to erase is not known: no other.ko in /lab");
}

TEST_F(EvaluateModules, DebugInformationOfAnotherBuildIsRefused) {
  load("\x12\xac");
  EXPECT_EQ(error("[mod]\nerase buffer"),
            "conf:1:1: [mod]: build id 12ac was loaded, mod.ko has 12ab: give the file of that build");
}

TEST_F(EvaluateModules, WithoutABuildIdItIsTaken) {
  load("");
  EXPECT_TRUE(plan("[mod]\nerase buffer"));
}

TEST_F(EvaluateModules, AVariableThatTheTableDoesNotHaveIsAnError) {
  list_.add("mod", {{"first", kHeap}});
  EXPECT_THAT(error("[mod]\nerase first\nerase buffer"),
              HasSubstr("conf:1:1: [mod]: no 'buffer' in the module's table of symbols"));
}

TEST_F(EvaluateModules, DamagedMemoryEndsTheWorkOnTheModule) {
  put(load() + test::FakeModuleList::kKallsyms, 0x1234);
  const auto made = plan("[mod]\nerase buffer\n[vmlinux]\nerase number");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_THAT(poisoned(*made), ElementsAre(phys(FakeProgram::kNumber, 4)));
  EXPECT_THAT(made->notes, ElementsAre(HasSubstr("conf:1: '[mod]' is not erased as a whole: ")));
}

TEST_F(EvaluateModules, ADamagedListLeavesOpenWhatWasLoaded) {
  list_.link(kModules, 0x1234);
  const auto made = plan("[mod]\nerase buffer\n[no_such]\nerase x\n[vmlinux]\nerase number");
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_THAT(poisoned(*made), ElementsAre(phys(FakeProgram::kNumber, 4)));
  EXPECT_THAT(made->notes, ElementsAre(HasSubstr("'[mod]' is not erased as a whole: "),
                                       HasSubstr("'[no_such]' is not erased as a whole: ")));
}

}  // namespace
}  // namespace kdump
