// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/build/image.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>

#include "common/file.h"
#include "common/process.h"
#include "initramfs/build/contents.h"
#include "tests/unit/initramfs/build/made_tree.h"
#include "tests/unit/initramfs/build/unpacked.h"

namespace kdump::image {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string text(const std::string& path) {
  const Result<std::string> read = read_text_file(path);
  return read ? *read : "(" + read.error().message() + ")";
}

class ImageBuild : public testing::Test {
 protected:
  ImageBuild() {
    tree_.virtio_disk();
    tree_.modules(kRelease, virtio_modules());
    tree_.copy("/usr/lib/kdump/kdump-capture", PROBE_FOLDER "/libleaf.so");
    tree_.copy("/usr/lib/kdump/kdump-capture-worker", PROBE_FOLDER "/libprobe.so");
    tree_.copy("/lib64/libmiddle.so", PROBE_FOLDER "/libmiddle.so");
    tree_.copy("/lib64/libleaf.so", PROBE_FOLDER "/libleaf.so");
    tree_.file("/etc/kdump.conf", "path /var/crash\n");
    request_.root = tree_.root();
    request_.kernel_release = kRelease;
    request_.block_devices = {"/dev/vda1"};
    request_.plan.kernel_release = kRelease;
    request_.plan.hostname = "made";
    request_.plan.collector = {"makedumpfile", "-l"};
    request_.plan.targets = {
        {.device = {"uuid", "", "", "/dev/vda1"}, .fstype = "ext4", .directory = "/var/crash"}};
  }

  void compress(const std::string& program, const std::string& relative) {
    const auto ran =
        run_captured({program, "-q", "--rm", tree_.outside(kModules + relative)}, std::chrono::seconds(60));
    ASSERT_TRUE(ran && ran->exit.succeeded()) << ran->output;
    tree_.index(kRelease);
  }
  Image built() {
    const Result<Image> image = build(request_, directory_);
    EXPECT_TRUE(image) << image.error().message();
    return image ? *image : Image{};
  }
  std::string reason() {
    const Result<std::string> why = why_rebuild(request_, directory_);
    return why ? *why : "error: " + why.error().message();
  }
  [[nodiscard]] std::string in(const char* name) const { return directory_ + "/" + name; }

  MadeTree tree_;
  Request request_;
  std::string directory_ = tree_.outside("/var/lib/kdump/made");
};

TEST_F(ImageBuild, HoldsExactlyWhatTheCaptureNeeds) {
  const Image image = built();
  EXPECT_THAT(image.warnings, IsEmpty());
  EXPECT_EQ(image.path, in("initramfs.img"));
  const Unpacked read = unpack(text(image.path));
  std::vector<std::string> files;
  for (const auto& [path, entry] : read.entries)
    files.push_back(entry.listing.substr(0, entry.listing.find(' ')) + " " + path);
  const std::string modules = std::string("lib/modules/") + kRelease;
  EXPECT_THAT(
      files, ElementsAre("drwxr-xr-x dev", "crw------- dev/console", "crw-rw-rw- dev/null", "drwxr-xr-x etc",
                         "-rw------- etc/kdump.conf", "-rwxr-xr-x init", "drwxr-xr-x lib",
                         "drwxr-xr-x lib/modules", "drwxr-xr-x " + modules,
                         "drwxr-xr-x " + modules + "/kernel", "drwxr-xr-x " + modules + "/kernel/crypto",
                         "-rw-r--r-- " + modules + "/kernel/crypto/crc32c_generic.ko",
                         "drwxr-xr-x " + modules + "/kernel/drivers",
                         "drwxr-xr-x " + modules + "/kernel/drivers/block",
                         "-rw-r--r-- " + modules + "/kernel/drivers/block/virtio_blk.ko",
                         "drwxr-xr-x " + modules + "/kernel/drivers/virtio",
                         "-rw-r--r-- " + modules + "/kernel/drivers/virtio/virtio.ko",
                         "-rw-r--r-- " + modules + "/kernel/drivers/virtio/virtio_pci.ko",
                         "-rw-r--r-- " + modules + "/kernel/drivers/virtio/virtio_pci_modern_dev.ko",
                         "-rw-r--r-- " + modules + "/kernel/drivers/virtio/virtio_ring.ko",
                         "drwxr-xr-x " + modules + "/kernel/fs", "drwxr-xr-x " + modules + "/kernel/fs/ext4",
                         "-rw-r--r-- " + modules + "/kernel/fs/ext4/ext4.ko",
                         "-rw-r--r-- " + modules + "/kernel/fs/mbcache.ko", "drwxr-xr-x lib64",
                         "-rwxr-xr-x lib64/libleaf.so", "-rwxr-xr-x lib64/libmiddle.so", "drwxr-xr-x mnt",
                         "-rw------- plan.json", "drwxr-xr-x proc", "drwxr-xr-x run", "drwxr-xr-x sys",
                         "drwxrwxrwt tmp", "drwxr-xr-x usr", "drwxr-xr-x usr/lib", "drwxr-xr-x usr/lib/kdump",
                         "-rwxr-xr-x usr/lib/kdump/kdump-capture-worker"));
  EXPECT_EQ(read.entries.at("init").content, text(PROBE_FOLDER "/libleaf.so"));
  EXPECT_EQ(read.entries.at("usr/lib/kdump/kdump-capture-worker").content, text(PROBE_FOLDER "/libprobe.so"));
  EXPECT_EQ(read.entries.at("etc/kdump.conf").content, "path /var/crash\n");
  EXPECT_EQ(read.entries.at("dev/console").listing, "crw------- 0:0 0 5:1");
  EXPECT_EQ(read.entries.at("plan.json").content, text(in("plan.json")));
  EXPECT_EQ(image.compressed_bytes, text(image.path).size());
}

TEST_F(ImageBuild, ThePlanListsTheModulesOfTheImageInLoadOrder) {
  const Image image = built();
  const auto plan = plan::from_json(text(in("plan.json")));
  ASSERT_TRUE(plan) << plan.error().message();
  const Unpacked read = unpack(text(image.path));
  std::vector<std::string> names;
  for (const std::string& path : plan->modules) {
    EXPECT_TRUE(read.entries.contains(path.substr(1))) << path;
    const std::string file = path.substr(path.rfind('/') + 1);
    names.push_back(file.substr(0, file.size() - 3));
  }
  EXPECT_EQ(names, image.modules);
  EXPECT_THAT(names, testing::Contains("virtio_pci"));
  EXPECT_THAT(std::vector<std::string>(names.end() - 3, names.end()),
              ElementsAre("crc32c_generic", "mbcache", "ext4"));
  plan::Plan rest = *plan;
  rest.modules.clear();
  EXPECT_EQ(rest, request_.plan);
}

TEST_F(ImageBuild, DriversOfWatchdogsAreLoadedFirst) {
  tree_.device("/sys/devices/pci0000:00/0000:00:09.0", "mbcache", "");
  request_.watchdog_devices = {"/sys/devices/pci0000:00/0000:00:09.0"};
  const Image image = built();
  EXPECT_EQ(image.modules.front(), "mbcache");
  EXPECT_THAT(image.warnings, testing::IsEmpty());
}

TEST_F(ImageBuild, DriversOfWatchdogsMayHaveNames) {
  request_.watchdog_modules = {"mbcache", "no_such_wdt"};
  const Image image = built();
  EXPECT_EQ(image.modules.front(), "mbcache");
  EXPECT_THAT(image.warnings, ElementsAre(testing::HasSubstr("has no module no_such_wdt")));
}

TEST_F(ImageBuild, AWatchdogWithoutItsDriverIsAWarning) {
  tree_.device("/sys/devices/pci0000:00/0000:00:09.0", "no_such_wdt", "");
  request_.watchdog_devices = {"/sys/devices/pci0000:00/0000:00:09.0"};
  EXPECT_THAT(built().warnings, ElementsAre(testing::HasSubstr("has no module no_such_wdt")));
}

TEST_F(ImageBuild, ModulesGoInDecompressed) {
  const std::string path = "kernel/drivers/block/virtio_blk.ko";
  const std::string content = text(tree_.outside(kModules + path));
  compress("/usr/bin/zstd", path);
  const Image image = built();
  EXPECT_EQ(image.modules.size(), 8U);
  EXPECT_EQ(unpack(text(image.path)).entries.at((kModules + path).substr(1)).content, content);
}

TEST_F(ImageBuild, ADamagedModuleIsNamed) {
  tree_.file(std::string(kModules) + "kernel/fs/mbcache.ko", "no ELF file at all");
  const auto image = build(request_, directory_);
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message(), HasSubstr("kernel/fs/mbcache.ko"));
}

TEST_F(ImageBuild, TheSameInputsGiveTheSameBytes) {
  const std::string first = text(built().path);
  EXPECT_EQ(first, text(built().path));
}

TEST_F(ImageBuild, FilesArePrivate) {
  built();
  for (const char* name : {"initramfs.img", "plan.json", "fingerprint.json"}) {
    struct stat status{};
    ASSERT_EQ(stat(in(name).c_str(), &status), 0) << name;
    EXPECT_EQ(status.st_mode & 07777U, 0600U) << name;
  }
}

TEST_F(ImageBuild, TheImageBeforeStays) {
  const std::string first = text(built().path);
  tree_.file("/etc/kdump.conf", "path /other\n");
  const std::string second = text(built().path);
  EXPECT_NE(first, second);
  EXPECT_EQ(text(in("initramfs.img.prev")), first);
  EXPECT_TRUE(file_exists(in("plan.json.prev")) && file_exists(in("fingerprint.json.prev")));
  EXPECT_EQ(text(in("initramfs.img")), second);
}

TEST_F(ImageBuild, ABrokenImageDoesNotPushOutAGoodOne) {
  const std::string first = text(built().path);
  tree_.file("/etc/kdump.conf", "path /other\n");
  built();
  tree_.file("/var/lib/kdump/made/initramfs.img", "broken");
  built();
  EXPECT_EQ(text(in("initramfs.img.prev")), first);
}

TEST_F(ImageBuild, AFailedBuildChangesNothing) {
  const std::string first = text(built().path);
  tree_.remove("/lib64/libmiddle.so");
  const auto image = build(request_, directory_);
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message(),
              HasSubstr("cannot build the capture image: library libmiddle.so, needed by"));
  EXPECT_EQ(text(in("initramfs.img")), first);
  EXPECT_FALSE(file_exists(in("initramfs.img.prev")));
}

TEST_F(ImageBuild, AMissingExtraModuleIsAWarning) {
  request_.extra_modules = {"softdog", "no_such"};
  const Image image = built();
  EXPECT_EQ(image.modules.back(), "softdog");
  EXPECT_THAT(image.warnings, ElementsAre("extra_modules: kernel 6.1.0-made has no module no_such"));
}

TEST_F(ImageBuild, AFilesystemThatTheKernelDoesNotHaveIsAnError) {
  request_.plan.targets[0].fstype = "zfs";
  const auto image = build(request_, directory_);
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message(), HasSubstr("filesystem zfs: kernel 6.1.0-made has no module fs-zfs"));
}

TEST_F(ImageBuild, WithoutADeviceOnlyFilesystemAndExtraModulesGoIn) {
  request_.block_devices.clear();
  EXPECT_THAT(built().modules, ElementsAre("crc32c_generic", "mbcache", "ext4"));
}

TEST_F(ImageBuild, WhatTheRootFilesystemNeedsForDumpToRootfsGoesInToo) {
  request_.block_devices.clear();
  request_.plan.failure_action = plan::Action::dump_to_rootfs;
  request_.plan.rootfs = request_.plan.targets;
  request_.plan.targets[0].fstype = "xfs";
  EXPECT_THAT(built().modules, ElementsAre("crc32c_generic", "mbcache", "ext4"));
}

TEST_F(ImageBuild, APlanThatCannotBeWrittenDownIsAnError) {
  request_.plan.targets[0].directory = "/var/\xff";
  const auto image = build(request_, directory_);
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message(), HasSubstr("not UTF-8"));
}

TEST_F(ImageBuild, BuildFileMakesTheSameArchiveAndNothingElse) {
  const std::string output = tree_.outside("/out.img");
  const auto image = build_file(request_, output);
  ASSERT_TRUE(image) << image.error().message();
  EXPECT_EQ(text(output), text(built().path));
  EXPECT_FALSE(file_exists(tree_.outside("/fingerprint.json")));
}

TEST_F(ImageBuild, AHookBringsItsInterpreterAndLibraries) {
  tree_.copy("/usr/bin/perl", PROBE_FOLDER "/libprobe.so");
  tree_.file("/etc/kdump/pre.d/10", "#! /usr/bin/env perl -w\n");
  tree_.copy("/usr/bin/env", PROBE_FOLDER "/libleaf.so");
  tree_.file("/opt/hook", "#!/usr/bin/perl");
  request_.programs = {"/etc/kdump/pre.d/10", "/opt/hook"};
  const HostTree tree = *HostTree::open(tree_.root());
  const Result<Contents> contents = gather_contents(tree, request_);
  ASSERT_TRUE(contents) << contents.error().message();
  std::vector<std::string> paths;
  for (const ImageFile& file : contents->files) paths.push_back(file.image_path);
  EXPECT_THAT(paths, testing::IsSupersetOf({"/etc/kdump/pre.d/10", "/usr/bin/env", "/usr/bin/perl",
                                            "/opt/hook", "/lib64/libleaf.so"}));
  built();
}

TEST_F(ImageBuild, AKeyGoesInAsItIsAndAnotherOneIsAReasonToRebuild) {
  tree_.file("/root/.ssh/key", "secret\n");
  request_.files = {{"/root/.ssh/key", "/etc/kdump/ssh/0", 0600}};
  const Unpacked read = unpack(text(built().path));
  ASSERT_TRUE(read.entries.contains("etc/kdump/ssh/0"));
  EXPECT_EQ(read.entries.at("etc/kdump/ssh/0").content, "secret\n");
  EXPECT_THAT(read.entries.at("etc/kdump/ssh/0").listing, HasSubstr("-rw-------"));
  EXPECT_EQ(reason(), "");
  tree_.file("/root/.ssh/key", "another\n");
  EXPECT_EQ(reason(), "/root/.ssh/key changed");
}

TEST_F(ImageBuild, AnNfsTargetOfTheKernelsClientBringsItsModules) {
  request_.plan.targets[0] = {.kind = plan::TargetKind::nfs,
                              .server = {.host = "server", .addresses = {"192.0.2.7"}, .port = 0},
                              .nfs = {"/srv", plan::NfsClient::kernel, {"4.2", "3"}, ""},
                              .directory = "/"};
  EXPECT_THAT(build(request_, directory_).error().message(), HasSubstr("NFS version 4: kernel"));
}

TEST_F(ImageBuild, AHookWithoutItsInterpreterIsAnError) {
  tree_.file("/opt/hook", "#!/usr/bin/python3\n");
  request_.programs = {"/opt/hook"};
  const Result<Image> image = build(request_, directory_);
  ASSERT_FALSE(image);
  EXPECT_THAT(image.error().message(), HasSubstr("interpreter of /opt/hook: "));
  tree_.file("/opt/hook", "echo hello\n");
  EXPECT_THAT(build(request_, directory_).error().message(),
              HasSubstr("/opt/hook is neither an ELF program nor a script"));
}

TEST_F(ImageBuild, AFittingImageNeedsNoRebuild) {
  built();
  EXPECT_EQ(reason(), "");
  // Times mean nothing.
  tree_.file("/etc/kdump.conf", "path /var/crash\n");
  EXPECT_EQ(reason(), "");
}

struct Change {
  const char* name;
  std::function<void(MadeTree&, Request&)> apply;
  const char* reason;
};

const Change kChanges[] = {
    {"Missing", [](MadeTree& tree, Request&) { tree.remove("/var/lib/kdump/made/initramfs.img"); },
     "image missing"},
    {"NoFingerprint", [](MadeTree& tree, Request&) { tree.remove("/var/lib/kdump/made/fingerprint.json"); },
     "fingerprint missing"},
    {"BadFingerprint",
     [](MadeTree& tree, Request&) { tree.file("/var/lib/kdump/made/fingerprint.json", "{}"); },
     "fingerprint.json: "},
    {"OtherImage", [](MadeTree& tree, Request&) { tree.file("/var/lib/kdump/made/initramfs.img", "x"); },
     "initramfs.img is not the image its fingerprint describes"},
    {"Config", [](MadeTree& tree, Request&) { tree.file("/etc/kdump.conf", "path /\n"); },
     "/etc/kdump.conf changed"},
    {"ConfigBeforePlan",
     [](MadeTree& tree, Request& request) {
       tree.file("/etc/kdump.conf", "path /\n");
       request.plan.targets[0].directory = "/";
     },
     "/etc/kdump.conf changed"},
    {"Worker",
     [](MadeTree& tree, Request&) {
       const std::string worker = "/usr/lib/kdump/kdump-capture-worker";
       tree.file(worker, text(tree.outside(worker)) + "more");
     },
     "/usr/lib/kdump/kdump-capture-worker changed"},
    {"Library",
     [](MadeTree& tree, Request&) {
       tree.file("/lib64/libleaf.so", text(tree.outside("/lib64/libleaf.so")) + "more");
     },
     "/lib64/libleaf.so changed"},
    {"Module",
     [](MadeTree& tree, Request&) {
       const std::string path = std::string(kModules) + "kernel/fs/mbcache.ko";
       tree.file(path, text(tree.outside(path)) + "more");
     },
     "kernel/fs/mbcache.ko changed"},
    {"MoreModules", [](MadeTree&, Request& request) { request.extra_modules = {"softdog"}; },
     "kernel/drivers/watchdog/softdog.ko is needed now"},
    {"FewerModules", [](MadeTree&, Request& request) { request.plan.targets[0].fstype = "xfs"; },
     "is no longer needed"},
    {"SoftDependency",
     [](MadeTree& tree, Request&) { tree.file("/etc/modprobe.d/kdump.conf", "softdep ext4 pre: softdog\n"); },
     "softdog.ko is needed now"},
    {"OtherDriver",
     [](MadeTree& tree, Request&) {
       tree.device("/sys/devices/pci0000:00/0000:00:03.0/virtio0/more", "softdog", "");
       tree.remove("/sys/class/block/vda1");
       tree.block_device("vda1", "/sys/devices/pci0000:00/0000:00:03.0/virtio0/more/vda1");
     },
     "softdog.ko is needed now"},
    {"Plan", [](MadeTree&, Request& request) { request.plan.hostname = "other"; },
     "the plan changed: hostname"},
    {"Target", [](MadeTree&, Request& request) { request.plan.targets[0].device.uuid = "other"; },
     "the plan changed: targets"},
    {"BuildFails", [](MadeTree& tree, Request&) { tree.remove("/lib64/libleaf.so"); },
     "error: library libleaf.so, needed by "},
};

TEST_F(ImageBuild, WhatChangedIsTheReasonAndARebuildSettlesIt) {
  for (const Change& change : kChanges) {
    SCOPED_TRACE(change.name);
    MadeTree fresh;
    built();
    ASSERT_EQ(reason(), "");
    const Request before = request_;
    const std::string backup = fresh.outside("/backup");
    ASSERT_TRUE(
        run_captured({"/bin/cp", "-a", tree_.root(), backup}, std::chrono::seconds(60))->exit.succeeded());
    change.apply(tree_, request_);
    EXPECT_THAT(reason(), HasSubstr(change.reason));
    if (!reason().starts_with("error")) {
      built();
      EXPECT_EQ(reason(), "");
    }
    request_ = before;
    ASSERT_TRUE(run_captured({"/bin/sh", "-c",
                              "rm -rf " + tree_.root() + "/* && cp -a " + backup + "/. " + tree_.root()},
                             std::chrono::seconds(60))
                    ->exit.succeeded());
  }
}

}  // namespace
}  // namespace kdump::image
