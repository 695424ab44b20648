// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/kernel/module_files.h"

#include <gmock/gmock.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace kdump {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kFixture = KDUMP_DEBUG_FIXTURE;  // an object file stands for a module
const std::array<std::string, 5> kVariables = {"node_data", "other", "per_cpu_counter", "linux_banner",
                                               "no_such_variable"};
constexpr std::string_view kRelease = "6.1.0-fixture";

// A tree with a vmlinux and modules.
class ModuleFilesTest : public ::testing::Test {
 protected:
  ModuleFilesTest() {
    std::string path = ::testing::TempDir() + "modules.XXXXXX";
    root_ = fs::canonical(mkdtemp(path.data()));
  }
  ~ModuleFilesTest() override { fs::remove_all(root_); }

  std::string put(const std::string& path, const std::string& fixture = "") {
    const fs::path file = root_ / path;
    fs::create_directories(file.parent_path());
    if (fixture.empty()) {
      std::ofstream(file) << "nothing of a module";
    } else {
      fs::copy_file(kFixture + "." + fixture, file);
    }
    return file;
  }
  [[nodiscard]] std::vector<std::string> found(const std::string& vmlinux, std::string_view module) const {
    return find_module_files(module_folders(root_ / vmlinux, std::string(kRelease)), module);
  }
  Result<ModuleTypes> open(std::string_view module) {
    put("boot/vmlinux");
    return ModuleFiles(root_ / "boot/vmlinux", std::string(kRelease)).open(module, kVariables);
  }

  fs::path root_;
  std::string modules_ = fmt::format("lib/modules/{}/", kRelease);
};

TEST_F(ModuleFilesTest, AreFoundWhereDistributionsLayThem) {
  const std::string debian = put(modules_ + "kernel/drivers/block/virtio_blk.ko");
  put(modules_ + "kernel/drivers/block/virtio_blk2.ko");
  put(modules_ + "kernel/drivers/block/virtio_blk.c");
  put("boot/vmlinux"), put(modules_ + "vmlinux"), put("vmlinux");
  EXPECT_THAT(found("boot/vmlinux", "virtio_blk"), ElementsAre(debian));
  EXPECT_THAT(found(modules_ + "vmlinux", "virtio_blk"), ElementsAre(debian));
  EXPECT_THAT(found("vmlinux", "virtio_blk"), ElementsAre(debian));
  EXPECT_THAT(found("boot/vmlinux", "virtio"), IsEmpty());
}

TEST_F(ModuleFilesTest, ALinkToTheVmlinuxLeadsToItsTree) {
  const std::string file = put(modules_ + "extra/own.ko.debug");
  put(modules_ + "vmlinux");
  fs::create_symlink(root_ / modules_ / "vmlinux", root_ / "link");
  EXPECT_THAT(found("link", "own"), ElementsAre(file));
}

TEST_F(ModuleFilesTest, WhatLiesBesideTheVmlinuxComesFirstAndFoldersThereDoNotCount) {
  const std::string near = put("boot/snd-hda-intel.ko");
  const std::string far = put(modules_ + "kernel/snd-hda-intel.ko.xz");
  put("boot/vmlinux"), put("boot/deeper/snd-hda-intel.ko");
  EXPECT_THAT(found("boot/vmlinux", "snd_hda_intel"), ElementsAre(near, far));
  EXPECT_THAT(found("boot/vmlinux", "snd-hda-intel"), ElementsAre(near, far));
}

TEST_F(ModuleFilesTest, EachKindOfFileTellsVariablesAndTypes) {
  put(modules_ + "plain.ko", "object");
  put(modules_ + "packed.ko.xz", "object.xz");
  put(modules_ + "a/both.ko", "object.stripped");
  put(modules_ + "b/both.ko.debug", "object");
  for (const char* name : {"plain", "packed", "both"}) {
    fs::remove(root_ / "boot/vmlinux");
    const auto opened = open(name);
    ASSERT_TRUE(opened) << opened.error().message();
    ASSERT_NE(opened->types, nullptr) << opened->missing;
    TypeSource& types = *opened->types;
    const auto array = *types.variable("node_data"), number = *types.variable("per_cpu_counter");
    ASSERT_TRUE(array && number && *types.variable("other")) << name;
    EXPECT_FALSE(*types.variable("no_such_variable"));
    EXPECT_EQ(types.type(array->type).size, 64U * 8);
    EXPECT_EQ(types.type(types.type(types.type(array->type).target).target).name, "struct zone");
    EXPECT_FALSE(array->is_per_cpu);
    EXPECT_TRUE(number->is_per_cpu);
    EXPECT_EQ(types.member(types.aggregate("page"), "mlock_count")->offset, 16U);
  }
}

TEST_F(ModuleFilesTest, WithoutDebugInformationItIsSaidWhereItWasLookedFor) {
  put(modules_ + "mod.ko", "object.stripped");
  const auto opened = open("mod");
  ASSERT_TRUE(opened) << opened.error().message();
  EXPECT_EQ(opened->types, nullptr);
  EXPECT_THAT(
      opened->missing,
      HasSubstr(fmt::format("no mod.ko with debug information in {0}/boot, {0}/lib/modules/{1}, "
                            "/usr/lib/debug/lib/modules/{1}, /lib/modules/{1}: install the debug package",
                            root_.native(), kRelease)));
}

TEST_F(ModuleFilesTest, AFileThatIsNoModuleIsNamed) {
  const std::string file = put(modules_ + "mod.ko");
  const auto opened = open("mod");
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().message(), HasSubstr(file + ": "));
}

}  // namespace
}  // namespace kdump
