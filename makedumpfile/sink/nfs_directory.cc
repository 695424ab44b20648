// SPDX-License-Identifier: GPL-2.0-or-later
#include "makedumpfile/sink/nfs_directory.h"

#include <algorithm>
#include <cerrno>

namespace kdump {
namespace {

class NfsFile : public RandomAccess, public Stream {
 public:
  NfsFile(NfsClient& client, std::string path, std::string growing, std::unique_ptr<NfsClient::File> file)
      : client_(client), path_(std::move(path)), growing_(std::move(growing)), file_(std::move(file)) {}

  Status write_at(uint64_t offset, Bytes data) override {
    size_ = std::max(size_, offset + data.size());
    return file_->write(offset, data);
  }
  Status write(Bytes data) override { return write_at(size_, data); }
  Status allocate(uint64_t offset, uint64_t size) override;
  [[nodiscard]] bool answers_late() const override { return true; }
  Status settle() override { return file_->drain(); }
  Status restart() override;
  Status discard() override;
  Status sync() override { return file_->sync(); }
  Status finish() override;
  [[nodiscard]] std::string remains() const override { return growing_; }

 private:
  NfsClient& client_;
  std::string path_;
  std::string growing_;
  std::unique_ptr<NfsClient::File> file_;
  uint64_t size_ = 0;
};

// NFS before 4.2 has no other way to be sure of the space.
Status NfsFile::allocate(uint64_t offset, uint64_t size) {
  static const ByteVector zeros(262144);
  for (uint64_t done = 0; done < size;) {
    const Bytes part = Bytes(zeros).first(std::min<uint64_t>(zeros.size(), size - done));
    TRY(write_at(offset + done, part));
    done += part.size();
  }
  return file_->drain();
}

Status NfsFile::restart() {
  // Each write that the server refused is told once.
  Status drained = file_->drain();
  while (!drained && drained.error().kind() == ErrorKind::no_space) drained = file_->drain();
  TRY(std::move(drained));
  TRY(file_->truncate(0));
  size_ = 0;
  return {};
}

Status NfsFile::discard() {
  TRY(restart());
  TRY(file_->close());
  TRY(client_.remove(growing_));
  growing_.clear();
  return {};
}

Status NfsFile::finish() {
  TRY(file_->sync());
  const uint64_t there = TRY(file_->size());
  if (there != size_) {
    return fail("{}: {} has {} bytes on the server, expected the {} that were written", client_.peer(),
                growing_, there, size_);
  }
  TRY(file_->close());
  TRY(client_.rename(growing_, path_));
  growing_ = path_;
  return {};
}

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
