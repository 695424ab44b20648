// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/nfs/nfs_directory.h"

#include <cerrno>

#include "makedumpfile/sink/remote/remote_file.h"

namespace kdump {
namespace {

class NfsFile final : public RemoteFile {
 public:
  NfsFile(NfsClient& client, std::string path, std::string growing, std::unique_ptr<NfsClient::File> file)
      : RemoteFile(client.peer(), std::move(path), std::move(growing)),
        client_(client),
        file_(std::move(file)) {}

  Status sync() override { return file_->sync(); }

 private:
  Status put(uint64_t offset, Bytes data) override { return file_->write(offset, data); }
  Status drain() override { return file_->drain(); }
  Status truncate(uint64_t size) override { return file_->truncate(size); }
  Result<uint64_t> size_there() override { return file_->size(); }
  Status close() override { return file_->close(); }
  Status rename(const std::string& from, const std::string& to) override { return client_.rename(from, to); }
  Status remove(const std::string& path) override { return client_.remove(path); }

  NfsClient& client_;
  std::unique_ptr<NfsClient::File> file_;
};

class NfsDirectory : public RemoteDirectory {
 public:
  NfsDirectory(NfsClient& client, std::string path) : client_(client), path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const override { return path_; }
  Result<std::unique_ptr<RandomAccess>> create(const std::string& name) override { return make_file(name); }
  Result<std::unique_ptr<Stream>> create_stream(const std::string& name, std::optional<uint64_t>) override {
    return make_file(name);
  }
  Result<ByteVector> read(const std::string& name, size_t limit) override {
    const auto file = TRY(client_.open_to_read(inside(name)));
    return file->read(limit);
  }
  Status remove(const std::string& name) override { return client_.remove(inside(name)); }
  Status remove_itself() override { return client_.remove_directory(path_); }
  Result<std::optional<uint64_t>> free_bytes() override { return client_.free_bytes(); }

 private:
  [[nodiscard]] std::string inside(const std::string& name) const { return path_ + "/" + name; }
  Result<std::unique_ptr<NfsFile>> make_file(const std::string& name) {
    const std::string growing = inside(name) + std::string(kRemoteIncomplete);
    return std::make_unique<NfsFile>(client_, inside(name), growing, TRY(client_.create(growing)));
  }

  NfsClient& client_;
  std::string path_;
};

Status check_parent(NfsClient& client, const std::string& parent) {
  const Result<bool> there = client.is_directory(parent);
  if (!there && there.error().errno_value() == ENOENT) {
    return make_failure(ErrorKind::failure, ENOENT,
                        fmt::format("{}: there is no directory {} on the export, create it or change path in "
                                    "kdump.conf",
                                    client.peer(), parent));
  }
  if (!TRY(Result<bool>(there))) return fail("{}: {} is not a directory", client.peer(), parent);
  return {};
}

}  // namespace

Result<std::unique_ptr<RemoteDirectory>> open_nfs_directory(NfsClient& client, const std::string& parent,
                                                            const std::string& name) {
  TRY(check_parent(client, parent));
  const std::string base = parent.ends_with('/') ? parent : parent + "/";
  for (int attempt = 1; attempt <= kMaxRemoteCollisions; ++attempt) {
    std::string path = base + numbered_name(name, attempt);
    const Status made = client.make_directory(path, 0700);
    if (made) return std::make_unique<NfsDirectory>(client, std::move(path));
    if (made.error().errno_value() != EEXIST) return Failure(made.error());
  }
  return fail("{}: {}{} and {} names more are taken", client.peer(), base, name, kMaxRemoteCollisions - 1);
}

Result<std::unique_ptr<RemoteDirectory>> reopen_nfs_directory(NfsClient& client, const std::string& path) {
  if (!TRY(client.is_directory(path))) return fail("{}: {} is not a directory", client.peer(), path);
  return std::make_unique<NfsDirectory>(client, path);
}

}  // namespace kdump
