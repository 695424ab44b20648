// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/plan/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace kdump::plan {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::HasSubstr;

Plan full_plan() {
  Plan plan;
  plan.toolchain_version = "0.1.0";
  plan.kernel_release = "6.1.0-56-cloud-amd64";
  plan.hostname = "host \"ü\"";
  plan.utc_offset_seconds = -16200;
  plan.modules = {"/lib/modules/a/virtio.ko", "/lib/modules/a/virtio_blk.ko"};
  plan.targets = {
      {.kind = TargetKind::filesystem,
       .device = {"1c2c-uuid", "label", "partuuid", "/dev/vda1"},
       .fstype = "ext4",
       .mount_options = "errors=remount-ro",
       .directory = "/var/crash",
       .stall = seconds(3)},
      {.kind = TargetKind::filesystem, .device = {"", "", "", "/dev/vdb"}, .fstype = "xfs", .directory = "/"},
      {.kind = TargetKind::raw, .device = {"", "", "partuuid", ""}, .directory = "/"},
      {.kind = TargetKind::ssh,
       .server = {"2001:db8::7", {"2001:db8::7"}, 2222},
       .ssh = {"kdump", "/etc/kdump/key", "[2001:db8::7]:2222 ssh-ed25519 AAAA"},
       .directory = "/srv/crash"},
      {.kind = TargetKind::nfs,
       .server = {"nfs.example", {"192.0.2.9", "2001:db8::9"}, 0},
       .nfs = {"/srv", NfsClient::kernel, {"4.2", "4.1"}, "sec=sys"},
       .directory = "/crash"}};
  plan.collector = {"makedumpfile", "-l", "-d", "31"};
  plan.final_action = Action::poweroff;
  plan.failure_action = Action::halt;
  plan.min_free = uint64_t{5} << 40;
  plan.deadlines = {seconds(1), seconds(2), seconds(7), seconds(8), seconds(4), seconds(6), seconds(5)};
  plan.network = {{{"eth0", "52:54:00:12:34:56", 9000, {"192.0.2.7/24", "2001:db8::7/64"}}},
                  {{"0.0.0.0/0", "192.0.2.1", "eth0", "192.0.2.7"}},
                  {"192.0.2.53"},
                  {"example"}};
  plan.watchdogs = {{"i6300ESB timer", seconds(30)}};
  plan.hooks = {"/pre", {"/pre.d/a"}, {"/post.d/a", "/post.d/b"}, "/post", {"/e.d"}, "/e"};
  return plan;
}

json full_json() { return json::parse(to_json(full_plan())); }

std::string error_of(const std::string& text) {
  const Result<Plan> plan = from_json(text);
  return plan ? "(taken)" : plan.error().message();
}

TEST(Plan, ReadsBackWhatItWrites) {
  const Result<Plan> again = from_json(to_json(full_plan()));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, full_plan());
}

TEST(Plan, WritesTheDocumentedKeys) {
  const json written = full_json();
  EXPECT_EQ(written["version"], 1);
  EXPECT_EQ(written["targets"][0]["kind"], "filesystem");
  EXPECT_EQ(written["targets"][0]["device"]["uuid"], "1c2c-uuid");
  EXPECT_EQ(written["final_action"], "poweroff");
  EXPECT_EQ(written["targets"][0]["stall"], 3);
  EXPECT_EQ(written["deadlines"]["overall"], 4);
  EXPECT_EQ(action_name(Action::halt), "halt");
}

TEST(Plan, RefusesAVersionItDoesNotKnowWhateverElseIsThere) {
  const Result<Plan> plan = from_json(R"({"version": 2, "shape": "unheard of"})");
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().kind(), ErrorKind::unsupported);
  EXPECT_THAT(plan.error().message(), HasSubstr("plan: version: 2 is not known, this program knows 1"));
  EXPECT_THAT(error_of("{}"), HasSubstr("plan: version: missing"));
  EXPECT_THAT(error_of(R"({"version": "1"})"), HasSubstr("version: string found, expected an integer"));
  EXPECT_THAT(error_of(R"({"version": 1.0})"), HasSubstr("version: number found, expected an integer"));
}

struct Object {
  const char* pointer;  // JSON pointer of the object
  const char* path;     // as errors name it
};
constexpr Object kObjects[] = {
    {"", ""},
    {"/targets/1", "targets[1]: "},
    {"/targets/1/device", "targets[1]: device: "},
    {"/targets/3/server", "targets[3]: server: "},
    {"/targets/3/ssh", "targets[3]: ssh: "},
    {"/targets/4/nfs", "targets[4]: nfs: "},
    {"/network", "network: "},
    {"/network/interfaces/0", "network: interfaces[0]: "},
    {"/network/routes/0", "network: routes[0]: "},
    {"/watchdogs/0", "watchdogs[0]: "},
    {"/deadlines", "deadlines: "},
    {"/hooks", "hooks: "},
};

TEST(Plan, EveryKeyIsRequiredAndNamed) {
  for (const Object& object : kObjects) {
    const json whole = full_json()[json::json_pointer(object.pointer)];
    for (const auto& item : whole.items()) {
      json damaged = full_json();
      damaged[json::json_pointer(object.pointer)].erase(item.key());
      EXPECT_EQ(error_of(damaged.dump()), "plan: " + std::string(object.path) + item.key() + ": missing");
    }
  }
}

TEST(Plan, EveryKeyHasATypeAndIsNamed) {
  for (const Object& object : kObjects) {
    const json whole = full_json()[json::json_pointer(object.pointer)];
    for (const auto& item : whole.items()) {
      json damaged = full_json();
      damaged[json::json_pointer(object.pointer)][item.key()] = nullptr;
      EXPECT_THAT(error_of(damaged.dump()),
                  HasSubstr(std::string(object.path) + item.key() + ": null found, expected"));
    }
  }
}

TEST(Plan, NoUnknownKeyIsIgnored) {
  for (const Object& object : kObjects) {
    json damaged = full_json();
    damaged[json::json_pointer(object.pointer)]["no_such"] = 1;
    EXPECT_EQ(error_of(damaged.dump()), "plan: " + std::string(object.path) + "\"no_such\": unknown key");
  }
}

TEST(Plan, BoundsAndWordsAreChecked) {
  struct Case {
    const char* pointer;
    json value;
    const char* error;
  };
  const Case cases[] = {
      {"/utc_offset_seconds", 86401, "utc_offset_seconds: 86401 found, expected -86400 to 86400"},
      {"/utc_offset_seconds", 1.5, "utc_offset_seconds: number found, expected an integer"},
      {"/targets/0/stall", -1, "targets[0]: stall: -1 found, expected 0 to 1000000000"},
      {"/deadlines/overall", std::numeric_limits<uint64_t>::max(),
       "deadlines: overall: 18446744073709551615 found"},
      {"/final_action", "explode",
       "final_action: \"explode\" is not known, expected one of: reboot, halt, poweroff"},
      {"/final_action", "shell", "final_action: 'shell' does not end"},
      {"/failure_action", "dump_to_rootfs", "rootfs: 0 found with failure_action dump_to_rootfs"},
      {"/hooks/post_d/1", 1, "hooks: post_d[1]: number found, expected a string"},
      {"/targets/0/kind", "tape", "targets[0]: kind: \"tape\" is not known"},
      {"/targets", json::array(), "targets: empty"},
      {"/targets/1/directory", "var/crash", "targets[1]: directory: 'var/crash' is not an absolute path"},
      {"/targets/1/device/devname", "",
       "targets[1]: device: uuid, label, partuuid and devname are all empty"},
      {"/targets/2/device/partuuid", "", "targets[2]: device: uuid, label, partuuid"},
      {"/targets/3/server",
       {{"host", ""}, {"addresses", json::array()}, {"port", 0}},
       "targets[3]: server: host and addresses are empty"},
      {"/targets/3/server/port", 65536, "targets[3]: server: port: 65536 found, expected 0 to 65535"},
      {"/targets/3/ssh/user", "", "targets[3]: ssh: user: empty"},
      {"/targets/3/ssh/key", "key", "targets[3]: ssh: key: 'key' is not an absolute path"},
      {"/targets/4/nfs/path", "srv", "targets[4]: nfs: path: 'srv' is not an absolute path"},
      {"/targets/4/nfs/versions", json::array(), "targets[4]: nfs: versions: empty"},
      {"/targets/4/nfs/client", "dracut", "targets[4]: nfs: client: \"dracut\" is not known"},
      {"/network/interfaces/0/name", "", "network: interfaces[0]: name: empty"},
      {"/min_free", -1, "min_free: -1 found, expected 0 to"},
      {"/collector", json::array(), "collector: empty"},
      {"/collector/1", 7, "collector[1]: number found, expected a string"},
      {"/modules/0", std::string("a\0b", 3), "modules[0]: the string holds a NUL"},
  };
  for (const Case& test : cases) {
    json damaged = full_json();
    damaged[json::json_pointer(test.pointer)] = test.value;
    EXPECT_THAT(error_of(damaged.dump()), HasSubstr(std::string("plan: ") + test.error));
  }
}

TEST(Plan, TargetsAreNamedAsAdministratorsWriteThem) {
  const Plan plan = full_plan();
  std::vector<std::string> texts;
  for (const Target& target : plan.targets) texts.push_back(target_text(target));
  EXPECT_THAT(texts, testing::ElementsAre("UUID=1c2c-uuid", "/dev/vdb", "raw PARTUUID=partuuid",
                                          "ssh kdump@[2001:db8::7]:2222", "nfs nfs.example:/srv"));
}

TEST(Plan, HostileTextIsAnError) {
  const std::string whole = to_json(full_plan());
  for (size_t length = 0; length + 2 < whole.size(); length += 7) {
    EXPECT_THAT(error_of(whole.substr(0, length)), HasSubstr("plan: parse error")) << length;
  }
  EXPECT_THAT(error_of("[1]"), HasSubstr("plan: array found, expected an object"));
  EXPECT_THAT(error_of("{\"version\": \"\xff\"}"), HasSubstr("parse error"));
  EXPECT_THAT(error_of(std::string(1000000, '[')), HasSubstr("parse error"));
  EXPECT_THAT(error_of(std::string(2000000, ' ')), HasSubstr("expected at most 1048576"));
}

TEST(Plan, BytesThatAreNotUtf8DoNotThrow) {
  Plan plan = full_plan();
  plan.targets[0].directory = "/var/\xff";
  const Result<Plan> again = from_json(to_json(plan));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_NE(*again, plan);
}

}  // namespace
}  // namespace kdump::plan
