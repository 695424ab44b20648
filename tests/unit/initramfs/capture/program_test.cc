// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs/capture/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace kdump::capture {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::ElementsAre;

class Lines final : public WorkerListener {
 public:
  void on_event(const protocol::Event& /*unused*/) override {}
  void on_output(std::string_view line) override { lines.emplace_back(line); }
  std::vector<std::string> lines;
};

class Program : public testing::Test {
 protected:
  Program() {
    std::string name = (std::filesystem::temp_directory_path() / "kdump-hook-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~Program() override { std::filesystem::remove_all(folder_); }

  std::string script(const std::string& body) const {
    const std::string path = folder_ / "hook";
    std::ofstream(path) << "#!/bin/sh\n" << body << "\n";
    chmod(path.c_str(), 0755);
    return path;
  }
  Result<ExitState> run(const std::vector<std::string>& argv, seconds limit = seconds(30)) {
    return run_program(argv, steady_clock::now() + limit, heard);
  }

  std::filesystem::path folder_;
  Lines heard;
};

TEST_F(Program, GetsItsArgumentsAndItsPathAndIsHeard) {
  const auto ended = run({script("echo $0 $1; pwd >&2; printf %s \"$PATH\"; exit 3"), "1"});
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(ended->code, 3);
  EXPECT_THAT(heard.lines,
              ElementsAre((folder_ / "hook").string() + " 1", "/", "/bin:/sbin:/usr/bin:/usr/sbin"));
}

TEST_F(Program, OneThatHangsIsKilledWithWhatItStarted) {
  const std::string marker = folder_ / "late";
  const auto ended = run({script("(sleep 3; touch " + marker + ") & echo begun; sleep 100")}, seconds(1));
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_TRUE(ended->timed_out);
  EXPECT_THAT(heard.lines, ElementsAre("begun"));
  std::filesystem::path late = marker;
  sleep(3);
  EXPECT_FALSE(std::filesystem::exists(late));
}

TEST_F(Program, OneThatLeavesSomethingBehindIsNotWaitedFor) {
  const auto began = steady_clock::now();
  const auto ended = run({script("sleep 100 & exit 0")});
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_TRUE(ended->succeeded());
  EXPECT_LT(steady_clock::now() - began, seconds(20));
}

TEST_F(Program, OneThatCannotBeRunSaysWhy) {
  const auto ended = run({"/nonexistent/hook"});
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(ended->code, 127);
  EXPECT_THAT(heard.lines, ElementsAre(testing::StartsWith("cannot be run: ")));
}

}  // namespace
}  // namespace kdump::capture
