// SPDX-License-Identifier: GPL-2.0-or-later
// Real servers on the loopback of a network of their own, so that no port and no file of the machine is in
// the way. Needs root.
#pragma once

#include <sys/types.h>

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "makedumpfile/sink/sink.h"

namespace kdump::test {

// For main, before anything else: own network (loopback up), own mounts, empty /run. Complains and exits
// where that is not allowed.
void enter_lab();

// Up, or as if somebody had cut the cable.
void set_link(bool up);

// A folder that goes away.
class Folder {
 public:
  Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder();
  [[nodiscard]] std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void write_text(const std::string& path, std::string_view text, mode_t mode = 0600);
std::string read_text(const std::string& path);
bool exists(const std::string& path);
mode_t mode_of(const std::string& path);
// Mounts a tmpfs of so many bytes, in this process's own view and its children's.
void mount_tmpfs(const std::string& path, size_t bytes);
// Runs a program to its end and returns what it printed; a failure of it fails the test.
std::string run(const std::vector<std::string>& argv);

// A program that is killed, with all it started, when this goes.
class Server {
 public:
  Server() = default;
  Server(const std::vector<std::string>& argv, const std::string& log);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();

  void start(const std::vector<std::string>& argv, const std::string& log);
  // To the program and all its descendants.
  void signal_all(int signal) const;
  // To the descendants alone.
  void signal_children(int signal) const;
  // To those of them that run a program of that name; whether there was one.
  [[nodiscard]] bool signal_named(std::string_view name, int signal) const;

 private:
  pid_t pid_ = -1;
};

// Waits until somebody listens there.
void wait_for_port(const char* address, uint16_t port);

// A socket that accepts at most what its queue takes and never says a word.
class MuteServer {
 public:
  explicit MuteServer(uint16_t port);
  MuteServer(const MuteServer&) = delete;
  MuteServer& operator=(const MuteServer&) = delete;
  ~MuteServer();

 private:
  int fd_;
};

// Something that is not all the same.
ByteVector noise(size_t bytes, uint32_t seed = 1);

// A kdump-compressed dump of `pages` made-up pages as the engine writes it: header, bitmaps, descriptors
// before their data, so with writes that go backwards, and the header once more at the end.
Status write_dump(RandomAccess& sink, uint64_t pages);
// The bytes that write_dump leaves.
ByteVector dump_bytes(uint64_t pages);

// Does something when so many bytes have gone through.
class Trap : public RandomAccess {
 public:
  template <typename Action>
  Trap(RandomAccess& sink, uint64_t bytes, Action action) : sink_(sink), left_(bytes), action_(action) {}

  Status write_at(uint64_t offset, Bytes data) override {
    if (left_ > 0 && left_ <= data.size()) action_();
    left_ -= std::min<uint64_t>(left_, data.size());
    return sink_.write_at(offset, data);
  }
  Status allocate(uint64_t offset, uint64_t size) override { return sink_.allocate(offset, size); }
  Status finish() override { return sink_.finish(); }

 private:
  RandomAccess& sink_;
  uint64_t left_;
  std::function<void()> action_;
};

}  // namespace kdump::test
