// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/options.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "makedumpfile/refused_options.h"

namespace kdump {
namespace {

Result<Options> parse(std::vector<std::string> words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size());
  for (std::string& word : words) arguments.push_back(word.data());
  return parse_makedumpfile_options(arguments);
}

ErrorKind kind_of_error(std::vector<std::string> words) {
  const auto options = parse(std::move(words));
  EXPECT_FALSE(options);
  return options ? ErrorKind::failure : options.error().kind();
}

TEST(MakedumpfileOptions, TakesACoreCollectorLine) {
  const auto options = parse({"-l", "--message-level", "7", "-d", "31", "/proc/vmcore", "/var/crash/vmcore"});
  ASSERT_TRUE(options) << options.error().message();
  EXPECT_EQ(options->mode, Mode::dump);
  EXPECT_EQ(options->dump.codec, CodecId::lzo);
  EXPECT_EQ(options->dump.dump_level, 31);
  EXPECT_EQ(options->dump.vmcore, "/proc/vmcore");
  EXPECT_EQ(options->dump.output, "/var/crash/vmcore");
  EXPECT_EQ(options->message_level, 7U);
  EXPECT_FALSE(options->dump.overwrite);
}

TEST(MakedumpfileOptions, HasTheOriginalsDefaults) {
  const auto options = parse({"core", "dump"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->dump.codec, CodecId::none);
  EXPECT_EQ(options->dump.dump_level, 0);
  EXPECT_EQ(options->dump.num_threads, 1U);
  EXPECT_EQ(options->message_level, message_level::kDefault);
  EXPECT_TRUE(options->dump.use_mmap);
}

TEST(MakedumpfileOptions, AStreamGoesToStandardOutput) {
  const auto options = parse({"-F", "-z", "core"});
  ASSERT_TRUE(options);
  EXPECT_TRUE(options->dump.flattened);
  EXPECT_EQ(options->dump.output_fd, STDOUT_FILENO);
  EXPECT_EQ(options->dump.codec, CodecId::zstd);
}

TEST(MakedumpfileOptions, NamedFilesAreForTheCallerToRead) {
  const auto by_vmlinux = parse({"-x", "vmlinux", "-d", "31", "core", "dump"});
  ASSERT_TRUE(by_vmlinux) << by_vmlinux.error().message();
  EXPECT_EQ(by_vmlinux->vmlinux, "vmlinux");
  EXPECT_TRUE(by_vmlinux->dump.named.empty());
  EXPECT_EQ(parse({"--dump-dmesg", "-i", "info", "core", "log"})->vmcoreinfo, "info");
  EXPECT_EQ(parse({"--show-facts", "-i", "info", "core"})->vmcoreinfo, "info");
  EXPECT_EQ(kind_of_error({"-x", "vmlinux", "-i", "info", "core", "dump"}), ErrorKind::usage);
  EXPECT_EQ(kind_of_error({"-i", "info", "-R", "dump"}), ErrorKind::usage);
}

TEST(MakedumpfileOptions, SavingFactsTakesNothingElse) {
  const auto saving = parse({"-g", "info", "-f", "-x", "vmlinux"});
  ASSERT_TRUE(saving) << saving.error().message();
  EXPECT_EQ(saving->mode, Mode::save_facts);
  EXPECT_EQ(saving->dump.output, "info");
  EXPECT_EQ(kind_of_error({"-g", "info"}), ErrorKind::usage);
  EXPECT_EQ(kind_of_error({"-g", "info", "-x", "vmlinux", "-R", "dump"}), ErrorKind::usage);
  EXPECT_EQ(kind_of_error({"-g", "info", "-x", "vmlinux", "-d", "31"}), ErrorKind::usage);
  EXPECT_EQ(kind_of_error({"-g", "info", "-x", "vmlinux", "core"}), ErrorKind::usage);
}

TEST(MakedumpfileOptions, TheModesPlaceTheirFiles) {
  EXPECT_EQ(parse({"-R", "dump"})->dump.output, "dump");
  EXPECT_EQ(parse({"-R", "dump"})->mode, Mode::rearrange);
  const auto log = parse({"--dump-dmesg", "core", "log"});
  EXPECT_EQ(log->mode, Mode::dump_dmesg);
  EXPECT_EQ(log->dump.output, "log");
  EXPECT_EQ(parse({"--check-params", "-R", "dump"})->mode, Mode::check_params);
  EXPECT_EQ(parse({"-h"})->mode, Mode::help);
  EXPECT_EQ(parse({"-v", "core"})->mode, Mode::version);
}

TEST(MakedumpfileOptions, LevelsAddUp) {
  EXPECT_EQ(parse({"--message-level", "1", "-D", "--show-stats", "core", "dump"})->message_level, 25U);
  EXPECT_EQ(parse({"-D", "--message-level", "0", "core", "dump"})->message_level, 8U);
}

TEST(MakedumpfileOptions, NumbersAreChecked) {
  for (const char* level : {"abc", "", "-1", "32", "3 ", "0x1f", "99999999999999999999"}) {
    EXPECT_EQ(kind_of_error({"-d", level, "core", "dump"}), ErrorKind::usage) << level;
  }
  EXPECT_EQ(kind_of_error({"--num-threads", "-2", "core", "dump"}), ErrorKind::usage);
  EXPECT_EQ(parse({"--num-threads", "0", "core", "dump"})->dump.num_threads, 1U);
}

TEST(MakedumpfileOptions, FurtherLevelsAreForAFullTarget) {
  const auto options = parse({"-d", "1,17,31", "core", "dump"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->dump.dump_level, 1);
  EXPECT_EQ(options->dump.next_levels, (std::vector{17, 31}));
  for (const char* levels : {"1,", ",1", "1,,2", "1,32", "1, 2"})
    EXPECT_EQ(kind_of_error({"-d", levels, "core", "dump"}), ErrorKind::usage) << levels;
}

TEST(MakedumpfileOptions, ASizeLimitHasAUnit) {
  EXPECT_EQ(parse({"-L", "4096", "core", "dump"})->dump.size_limit, 4096U);
  EXPECT_EQ(parse({"-L", "3k", "core", "dump"})->dump.size_limit, 3072U);
  EXPECT_EQ(parse({"-L", "15E", "core", "dump"})->dump.size_limit, uint64_t{15} << 60);
  for (const char* size : {"0", "", "K", "1X", "1MB", "-1", "16E", "1.5G"})
    EXPECT_EQ(kind_of_error({"-L", size, "core", "dump"}), ErrorKind::usage) << size;
}

TEST(MakedumpfileOptions, WhatIsLeftOutSaysSo) {
  EXPECT_GE(refused_options().size(), 8U);
  for (const RefusedOption& refused : refused_options()) {
    std::vector<std::string> words = {option_spelling(refused.name)};
    if (refused.name.argument == Argument::required) words.emplace_back("x");
    const auto options = parse(words);
    ASSERT_FALSE(options) << words[0];
    EXPECT_EQ(options.error().kind(), ErrorKind::unsupported);
    EXPECT_EQ(options.error().message(), words[0] + ": " + refused.reason);
  }
}

TEST(MakedumpfileOptions, AnAddressIsANumber) {
  EXPECT_EQ(parse({"--vtop", "0xffffffff81000000", "core", "dump"})->dump.vtop, VirtAddr(0xffffffff81000000));
  EXPECT_EQ(parse({"--vtop=4096", "core", "dump"})->dump.vtop, VirtAddr(4096));
  EXPECT_FALSE(parse({"core", "dump"})->dump.vtop);
  for (const char* address : {"", "zzz", "0x", "ffffffff81000000", "-1", "0x10000000000000000"})
    EXPECT_EQ(kind_of_error({"--vtop", address, "core", "dump"}), ErrorKind::usage) << address;
  EXPECT_EQ(kind_of_error({"--vtop", "1", "--dump-dmesg", "core", "log"}), ErrorKind::usage);
}

TEST(MakedumpfileOptions, MemUsageTakesOneFile) {
  const auto options = parse({"--mem-usage", "/proc/kcore", "-f"});
  ASSERT_TRUE(options) << options.error().message();
  EXPECT_EQ(options->mode, Mode::mem_usage);
  EXPECT_EQ(options->dump.vmcore, "/proc/kcore");
  EXPECT_EQ(kind_of_error({"--mem-usage"}), ErrorKind::usage);
  EXPECT_EQ(kind_of_error({"--mem-usage", "core", "out"}), ErrorKind::usage);
}

TEST(MakedumpfileOptions, RearrangingTakesNothingAboutADump) {
  for (const char* option : {"-c", "-z", "-E", "-d1"})
    EXPECT_EQ(kind_of_error({"-R", option, "dump"}), ErrorKind::usage) << option;
}

TEST(MakedumpfileOptions, PartOfTheLog) {
  EXPECT_EQ(parse({"--dump-dmesg", "core", "log"})->log_part, LogPart::whole);
  EXPECT_EQ(parse({"--dump-dmesg", "--partial-dmesg", "core", "log"})->log_part, LogPart::since_clear);
  EXPECT_EQ(kind_of_error({"--partial-dmesg", "core", "dump"}), ErrorKind::usage);
}

TEST(MakedumpfileOptions, AStreamIsSeenInWordsThatAreNotValid) {
  const auto asks = [](std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    return asks_for_stream(arguments);
  };
  EXPECT_TRUE(asks({"-F", "-d", "99"}));
  EXPECT_TRUE(asks({"--no-such", "-lF"}));
  EXPECT_FALSE(asks({"-dF"}));
  EXPECT_FALSE(asks({"--", "-F"}));
  EXPECT_FALSE(asks({"--Foo", "core"}));
}

TEST(MakedumpfileOptions, NoOptionIsListedTwiceAndNoneWithoutHelp) {
  const std::vector<OptionName> names = makedumpfile_option_names();
  for (const OptionName& name : names) {
    EXPECT_NE(std::string(name.help), "");
    const auto same = [&](const OptionName& other) {
      return option_spelling(other) == option_spelling(name);
    };
    EXPECT_EQ(std::ranges::count_if(names, same), 1) << option_spelling(name);
    EXPECT_NE(makedumpfile_help().find(option_spelling(name)), std::string::npos);
  }
}

}  // namespace
}  // namespace kdump
