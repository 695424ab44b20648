// SPDX-License-Identifier: GPL-2.0-or-later
// A folder of a test's own, and a channel whose events can be read back.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "common/fd.h"
#include "common/text.h"
#include "initramfs/plan/protocol.h"
#include "initramfs/worker/channel.h"

namespace kdump::worker {

class FolderTest : public testing::Test {
 protected:
  FolderTest() : events_(memfd_create("events", 0)), channel(events_.get()) {
    std::string name = std::filesystem::temp_directory_path() / "worker.XXXXXX";
    folder = mkdtemp(name.data());
  }
  ~FolderTest() override { std::filesystem::remove_all(folder); }

  std::string write(const std::string& name, std::string_view content) const {
    std::ofstream(folder / name) << content;
    return folder / name;
  }
  [[nodiscard]] std::string read(const std::filesystem::path& path) const {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::vector<protocol::Event> events() const {
    std::string text(file_size(events_.get()).value_or(0), '\0');
    EXPECT_TRUE(pread_exact(events_.get(), std::as_writable_bytes(std::span(text)), 0));
    std::vector<protocol::Event> result;
    for (const std::string_view line : split_lines(text))
      result.push_back(protocol::event_from_line(line).value());
    return result;
  }
  [[nodiscard]] std::vector<std::string> saved() const {
    std::vector<std::string> names;
    for (const protocol::Event& event : events()) {
      if (event.kind == protocol::EventKind::saved) names.push_back(event.text);
    }
    return names;
  }
  static mode_t mode_of(const std::filesystem::path& path) {
    return static_cast<mode_t>(std::filesystem::status(path).permissions());
  }

 private:
  UniqueFd events_;

 protected:
  std::filesystem::path folder;
  Channel channel;
};

}  // namespace kdump::worker
