// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace kdump::capture {
namespace {

namespace fs = std::filesystem;

SteadyTime in_milliseconds(int n) { return std::chrono::steady_clock::now() + std::chrono::milliseconds(n); }

// A /sys/class/block and a /dev of our own.
class Devices : public testing::Test {
 protected:
  Devices() {
    std::string name = fs::temp_directory_path() / "devices.XXXXXX";
    root_ = mkdtemp(name.data());
    fs::create_directories(root_ / "dev");
    fs::create_directories(root_ / "sys");
  }
  ~Devices() override { fs::remove_all(root_); }

  void add(const std::string& name, int sectors = 100) const {
    fs::create_directories(root_ / "sys" / name);
    std::ofstream(root_ / "sys" / name / "size") << sectors << "\n";
    std::ofstream(root_ / "dev" / name) << name;
  }
  [[nodiscard]] std::string sys() const { return root_ / "sys"; }
  [[nodiscard]] std::string dev(const std::string& name = "") const {
    return name.empty() ? root_ / "dev" : root_ / "dev" / name;
  }

  // A device's identity is its name.
  DeviceFinder finder() const {
    return DeviceFinder(
        [](const std::string& path) -> Result<Identity> {
          return Identity{.uuid = "uuid-" + path.substr(path.rfind('/') + 1), .label = {}, .partuuid = {}};
        },
        sys(), dev());
  }

 private:
  fs::path root_;
};

TEST(DeviceMatch, TheFirstKeyThatIsThereDecides) {
  const Identity found{.uuid = "u", .label = "l", .partuuid = "p"};
  EXPECT_TRUE(matches({.uuid = "u", .label = "other", .partuuid = "", .devname = ""}, found));
  EXPECT_FALSE(matches({.uuid = "x", .label = "l", .partuuid = "", .devname = ""}, found));
  EXPECT_TRUE(matches({.uuid = "", .label = "l", .partuuid = "other", .devname = ""}, found));
  EXPECT_TRUE(matches({.uuid = "", .label = "", .partuuid = "p", .devname = ""}, found));
  EXPECT_FALSE(matches({.uuid = "", .label = "", .partuuid = "", .devname = "/dev/vda"}, found));
}

TEST(DeviceMatch, ADeviceThatSaysNothingMatchesNothing) {
  EXPECT_FALSE(matches({.uuid = "u", .label = "", .partuuid = "", .devname = ""}, {}));
  EXPECT_FALSE(matches({}, {}));
}

TEST(DeviceScan, NamesWhatItFoundOrWhereItGotStuck) {
  EXPECT_EQ(parse_scan("?sda\n?sdb\n=sdb\n").found, "sdb");
  EXPECT_EQ(parse_scan("?sda\n?sdb\n").stuck, "sdb");
  EXPECT_EQ(parse_scan("?sda\n?sdb\n").found, "");
  EXPECT_EQ(parse_scan("").stuck, "");
  EXPECT_EQ(parse_scan("garbage\n").found, "");
}

TEST_F(Devices, CandidatesHaveTheWantedNameFirstAndNoRamDisks) {
  for (const char* name : {"vda", "vda1", "loop0", "ram3", "zram0", "sr0", "fd0", "sdb", "srbd"}) add(name);
  add("vdz", 0);
  EXPECT_EQ(candidates(sys(), "/dev/vda1"), (std::vector<std::string>{"vda1", "sdb", "srbd", "vda"}));
}

TEST_F(Devices, FindsByIdentityWhateverTheName) {
  add("vda");
  add("vdb");
  const auto found = finder().find({.uuid = "uuid-vdb", .label = {}, .partuuid = {}, .devname = "/dev/vda"},
                                   in_milliseconds(5000));
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(*found, dev("vdb"));
}

TEST_F(Devices, FindsByNameWithoutReading) {
  add("vda");
  add("cciss!c0d0p1");
  const auto found = finder().find({.uuid = {}, .label = {}, .partuuid = {}, .devname = "/dev/cciss/c0d0p1"},
                                   in_milliseconds(5000));
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(*found, dev() + "/cciss/c0d0p1");
}

TEST_F(Devices, OneThatNeverAppearsIsNamedWithThoseThatDid) {
  add("vda");
  const auto found =
      finder().find({.uuid = "nowhere", .label = {}, .partuuid = {}, .devname = {}}, in_milliseconds(250));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().message(), "UUID=nowhere did not appear (block devices here: vda)");
  EXPECT_EQ(found.error().kind(), ErrorKind::timed_out);
}

TEST_F(Devices, ADeviceThatHoldsItsReaderDoesNotHideTheOthers) {
  add("vda");
  add("vdb");
  DeviceFinder finder(
      [](const std::string& path) -> Result<Identity> {
        // What a hung disk does is tried with a crash: the scan ends on it in both cases.
        if (path.ends_with("vda")) _exit(7);
        return Identity{.uuid = "good", .label = {}, .partuuid = {}};
      },
      sys(), dev());
  const auto found =
      finder.find({.uuid = "good", .label = {}, .partuuid = {}, .devname = {}}, in_milliseconds(10000));
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(*found, dev("vdb"));
}

TEST_F(Devices, ADeadlineThatComesEarlyCondemnsNoDevice) {
  add("vda");
  DeviceFinder finder(
      [](const std::string&) -> Result<Identity> {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        return Identity{.uuid = "good", .label = {}, .partuuid = {}};
      },
      sys(), dev());
  const plan::Device wanted{.uuid = "good", .label = {}, .partuuid = {}, .devname = {}};
  EXPECT_FALSE(finder.find(wanted, in_milliseconds(100)));
  EXPECT_TRUE(finder.find(wanted, in_milliseconds(10000)));
}

TEST_F(Devices, ProbesEveryFilesystemThatDumpsCanGoTo) {
  const std::string uuid = "12345678-1234-1234-1234-123456789abc";
  struct Made {
    std::string command;
    uint64_t bytes;
    std::string uuid;
  };
  const Made all[] = {
      {"mkfs.ext2 -q -F -L CRASH -U " + uuid, 4 << 20, uuid},
      {"mkfs.ext3 -q -F -L CRASH -U " + uuid, 16 << 20, uuid},
      {"mkfs.ext4 -q -F -L CRASH -U " + uuid, 4 << 20, uuid},
      {"mkfs.xfs -q -f -L CRASH -m uuid=" + uuid, 320 << 20, uuid},
      {"mkfs.btrfs -q -f -L CRASH -U " + uuid, 128 << 20, uuid},
      {"mkfs.vfat -n CRASH -i 1234ABCD", 8 << 20, "1234-ABCD"},
  };
  for (const Made& made : all) {
    const std::string image = dev("image");
    std::ofstream(image) << "";
    fs::resize_file(image, made.bytes);
    const std::string make = "/sbin/" + made.command + " " + image + " >/dev/null 2>&1";
    ASSERT_EQ(std::system(make.c_str()), 0) << make;  // NOLINT(cert-env33-c,concurrency-mt-unsafe)
    const Result<Identity> identity = probe_identity(image);
    ASSERT_TRUE(identity) << make << ": " << identity.error().message();
    EXPECT_EQ(identity->uuid, made.uuid) << make;
    EXPECT_EQ(identity->label, "CRASH") << make;
    fs::remove(image);
  }
}

TEST_F(Devices, ADiskThatWasAbandonedIsNotLookedAtNorItsPartitions) {
  add("vda");
  add("vdb");
  DeviceFinder finder(
      [](const std::string& path) -> Result<Identity> {
        return Identity{.uuid = path.ends_with("vda") ? "bad" : "good", .label = {}, .partuuid = {}};
      },
      sys(), dev());
  finder.abandon(dev("vda"));
  const auto found =
      finder.find({.uuid = "bad", .label = {}, .partuuid = {}, .devname = {}}, in_milliseconds(2000));
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().message(), testing::HasSubstr("left alone, for it hung before: vda"));
  EXPECT_TRUE(
      finder.find({.uuid = "good", .label = {}, .partuuid = {}, .devname = {}}, in_milliseconds(10000)));
}

TEST_F(Devices, ProbingWhatIsNotThereIsAnError) { EXPECT_FALSE(probe_identity(dev("nothing"))); }

}  // namespace
}  // namespace kdump::capture
