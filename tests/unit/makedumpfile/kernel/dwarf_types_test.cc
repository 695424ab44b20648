// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/dwarf_types.h"

#include <gmock/gmock.h>

#include <array>

namespace kdump {
namespace {

using ::testing::HasSubstr;

const std::string kFixture = KDUMP_DEBUG_FIXTURE;  // CMakeLists.txt here makes it
const std::array<std::string, 6> kVariables = {"node_data", "mem_section",  "counter",
                                               "other",     "linux_banner", "no_such_variable"};

class DwarfTypes : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto types = open_dwarf_types(kFixture + "." + GetParam(), kVariables);
    ASSERT_TRUE(types) << types.error().message();
    types_ = std::move(*types);
  }

  TypeVariable variable(std::string_view name) {
    const auto found = types_->variable(name);
    EXPECT_TRUE(found && *found) << name;
    return found && *found ? **found : TypeVariable{};
  }
  TypeInfo type_of(std::string_view name) { return types_->type(variable(name).type); }
  TypeMember page_member(std::string_view name) {
    const auto found = types_->member(types_->aggregate("page"), name);
    EXPECT_TRUE(found) << name;
    return found.value_or(TypeMember{});
  }

  std::unique_ptr<TypeSource> types_;
};

TEST_P(DwarfTypes, TellVariables) {
  const TypeInfo array = type_of("node_data");
  EXPECT_NE(variable("node_data").address, 0U);
  EXPECT_FALSE(variable("node_data").is_per_cpu);
  EXPECT_EQ(array.kind, TypeKind::array);
  EXPECT_EQ(array.count, 64U);
  EXPECT_EQ(array.size, 64U * 8);
  const TypeInfo element = types_->type(array.target);
  EXPECT_EQ(element.kind, TypeKind::pointer);
  EXPECT_EQ(element.size, 8U);
  EXPECT_EQ(types_->type(element.target).name, "struct zone");
  const TypeInfo text = type_of("linux_banner");
  EXPECT_EQ(types_->type(text.target).name, "char");
  EXPECT_TRUE(types_->type(text.target).is_signed);
  EXPECT_EQ(text.size, sizeof "Linux version 6.1.0-fixture (somebody@somewhere) #1 SMP");
  EXPECT_EQ(type_of("other").kind, TypeKind::number);
  EXPECT_EQ(type_of("other").size, 4U);
}

TEST_P(DwarfTypes, TellNothingOfWhatIsNotThere) {
  const auto none = types_->variable("no_such_variable");
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
  EXPECT_FALSE(types_->variable("main"));  // not asked for
  EXPECT_EQ(types_->aggregate("no_such_struct"), kNoType);
  EXPECT_FALSE(types_->member(types_->aggregate("page"), "no_such_member"));
  EXPECT_FALSE(types_->member(kNoType, "flags"));
  EXPECT_EQ(types_->type(kNoType).kind, TypeKind::none);
  EXPECT_EQ(types_->type(123456).kind, TypeKind::none);
}

TEST_P(DwarfTypes, TellMembersThroughUnnamedOnes) {
  EXPECT_EQ(page_member("flags").offset, 0U);
  EXPECT_EQ(page_member("mlock_count").offset, 16U);
  EXPECT_EQ(types_->type(page_member("lru").type).name, "struct list_head");
  const TypeInfo mapping = types_->type(page_member("mapping").type);
  EXPECT_EQ(mapping.kind, TypeKind::pointer);
  EXPECT_EQ(types_->type(mapping.target).name, "void");
  EXPECT_TRUE(page_member("other_bit_field").is_bit_field);
  EXPECT_FALSE(page_member("flags").is_bit_field);
}

TEST_P(DwarfTypes, TypedefsAreTakenOff) {
  const TypeInfo counter = type_of("counter");
  EXPECT_EQ(counter.kind, TypeKind::aggregate);
  EXPECT_EQ(counter.size, 8U);
  EXPECT_TRUE(types_->member(variable("counter").type, "counter"));
}

TEST_P(DwarfTypes, ArraysOfStructsAndWithoutABound) {
  const TypeId zone = types_->aggregate("zone");
  const TypeInfo areas = types_->type(types_->member(zone, "free_area")->type);
  EXPECT_EQ(areas.count, 11U);
  EXPECT_EQ(areas.size, 11U * 96);
  const TypeInfo flexible = types_->type(types_->member(zone, "flexible")->type);
  EXPECT_EQ(flexible.kind, TypeKind::array);
  EXPECT_EQ(flexible.size, 0U);
}

INSTANTIATE_TEST_SUITE_P(Forms, DwarfTypes, testing::Values("dwarf5", "dwarf4", "compressed"));

TEST(OpenDwarfTypes, WhatIsNoVmlinuxIsRefusedWithWhatToDo) {
  const auto types = open_dwarf_types(kFixture + ".stripped", kVariables);
  ASSERT_FALSE(types);
  EXPECT_THAT(types.error().message(), HasSubstr("no debug information"));
  EXPECT_FALSE(open_dwarf_types("/no/such/file", kVariables));
}

}  // namespace
}  // namespace kdump
