// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/worker/save.h"

#include "initramfs/plan/plan.h"
#include "tests/unit/initramfs/worker/folder.h"

namespace kdump::worker {
namespace {

using protocol::EventKind;
using protocol::Mode;
using protocol::Request;

class SaveTest : public FolderTest {
 protected:
  SaveTest() { std::filesystem::create_directories(folder / "crash"); }

  Request request(Mode mode) const {
    plan::Plan plan;
    plan.collector = {"cp"};
    plan.targets.resize(1);
    plan.targets[0].device.uuid = "u";
    plan.targets[0].fstype = "ext4";
    plan.targets[0].directory = "/crash";
    return {.mode = mode,
            .target = 0,
            .plan = write("plan.json", plan::to_json(plan)),
            .config = write("kdump.conf", "path /crash\n"),
            .vmcore = write("source", "memory"),
            .directory = folder / "crash",
            .dump_directory = {},
            .result = "{}\n"};
  }
  std::filesystem::path dump_directory() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder / "crash")) return entry.path();
    return {};
  }
};

TEST_F(SaveTest, ADumpWithoutALogIsStillADump) {
  const Status status =
      serve(request(Mode::dump), {}, channel);  // "memory" is no core: there is no log in it
  ASSERT_TRUE(status) << status.error().message();
  EXPECT_EQ(read(dump_directory() / "vmcore"), "memory");
  EXPECT_EQ(saved(), (std::vector<std::string>{"vmcore"}));
  EXPECT_EQ(events()[0].kind, EventKind::directory);
  EXPECT_EQ(events()[0].text, dump_directory());
}

TEST_F(SaveTest, TheMissingDirectoryIsAnError) {
  Request missing = request(Mode::dump);
  missing.directory = folder / "nowhere";
  const Status status = serve(missing, {}, channel);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("nowhere"), std::string::npos);
}

TEST_F(SaveTest, ADamagedPlanIsAnError) {
  Request damaged = request(Mode::dump);
  damaged.plan = write("plan.json", "{");
  EXPECT_FALSE(serve(damaged, {}, channel));
}

TEST_F(SaveTest, FinishWritesTheCircumstancesIntoTheGivenDirectory) {
  Request finish = request(Mode::finish);
  finish.dump_directory = folder / "crash";
  const Status status = serve(finish, {}, channel);
  EXPECT_EQ(read(folder / "crash" / "kdump-result.json"), "{}\n");
  EXPECT_EQ(read(folder / "crash" / "kdump.conf"), "path /crash\n");
  EXPECT_EQ(mode_of(folder / "crash" / "kdump.conf"), 0600U);
  EXPECT_EQ(mode_of(folder / "crash" / "kdump-result.json"), 0600U);
  // Whether /dev/kmsg can be read is the machine's to say; without it the rest is written all the same.
  EXPECT_EQ(status.has_value(), std::filesystem::exists(folder / "crash" / "kexec-dmesg.log"));
}

TEST_F(SaveTest, AMissingConfigDoesNotCostTheResult) {
  Request finish = request(Mode::finish);
  finish.dump_directory = folder / "crash";
  finish.config = folder / "nowhere";
  EXPECT_FALSE(serve(finish, {}, channel));
  EXPECT_EQ(read(folder / "crash" / "kdump-result.json"), "{}\n");
}

TEST_F(SaveTest, TheResultOfADumpElsewhereHasADirectoryOfItsOwn) {
  [[maybe_unused]] const Status whatever = serve(request(Mode::finish), {}, channel);
  EXPECT_EQ(read(dump_directory() / "kdump-result.json"), "{}\n");
}

TEST_F(SaveTest, ATargetThatThePlanDoesNotHaveIsAnError) {
  Request other = request(Mode::dump);
  other.target = 1;
  const Status status = serve(other, {}, channel);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().message(), "the plan has no target number 1");
}

TEST_F(SaveTest, TheRootFilesystemComesBehindTheTargets) {
  Request rootfs = request(Mode::dump);
  plan::Plan plan = plan::from_json(read(rootfs.plan)).value();
  plan.rootfs = plan.targets;
  plan.failure_action = plan::Action::dump_to_rootfs;
  write("plan.json", plan::to_json(plan));
  rootfs.target = 1;
  const Status status = serve(rootfs, {}, channel);
  EXPECT_TRUE(status) << status.error().message();
}

TEST_F(SaveTest, AServerIsForAnotherWorker) {
  Request remote = request(Mode::dump);
  plan::Plan plan = plan::from_json(read(remote.plan)).value();
  plan.targets[0] = {.kind = plan::TargetKind::ssh,
                     .server = {.host = "h", .addresses = {"192.0.2.1"}},
                     .ssh = {.user = "u", .key = "/k", .known_hosts = "h ssh-ed25519 AAAA"},
                     .directory = "/crash"};
  write("plan.json", plan::to_json(plan));
  const Status status = serve(remote, {}, channel);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message().find("not a target of this worker"), std::string::npos);
}

TEST_F(SaveTest, MinFreeHoldsForACopyToo) {
  Request full = request(Mode::dump);
  plan::Plan plan = plan::from_json(read(full.plan)).value();
  plan.min_free = uint64_t{1} << 60;
  write("plan.json", plan::to_json(plan));
  const Status status = serve(full, {}, channel);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().kind(), ErrorKind::no_space);
}

TEST_F(SaveTest, TheLogAloneMakesTheDirectoryItself) {
  EXPECT_FALSE(serve(request(Mode::log), {}, channel));  // there is no log in "memory"
  EXPECT_FALSE(dump_directory().empty());
  EXPECT_TRUE(std::filesystem::is_empty(dump_directory()));
}

TEST(LastLines, CountsFromTheEnd) {
  EXPECT_EQ(last_lines("a\nb\nc\n", 2), "b\nc\n");
  EXPECT_EQ(last_lines("a\nb\nc", 2), "b\nc");
  EXPECT_EQ(last_lines("a\nb\n", 50), "a\nb\n");
  EXPECT_EQ(last_lines("a\n", 0), "");
  EXPECT_EQ(last_lines("", 5), "");
  EXPECT_EQ(last_lines("\n\n\n", 1), "\n");
}

}  // namespace
}  // namespace kdump::worker
