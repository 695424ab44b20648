// SPDX-License-Identifier: GPL-2.0-or-later
// An open file: writes on their way in a few slots.
#include <array>
#include <cstring>

#include "makedumpfile/sink/nfs/nfs_context.h"

namespace kdump {
namespace {

constexpr size_t kWrites = 8;  // on their way at a time

struct WriteSlot {
  ByteVector buffer;
  uint64_t offset = 0;
  NfsCall* call = nullptr;  // nullptr: free

  [[nodiscard]] bool overlaps(uint64_t from, uint64_t to) const {
    return call != nullptr && from < offset + buffer.size() && offset < to;
  }
};

// The order of the arguments changed with libnfs 6.
template <typename Nfs>
int start_write(Nfs* nfs, nfsfh* file, uint64_t offset, Bytes data, NfsCall* call) {
  if constexpr (requires {
                  nfs_pwrite_async(nfs, file, offset, data.size(), data.data(), nfs_call_back, call);
                })
    return nfs_pwrite_async(nfs, file, offset, data.size(), data.data(), nfs_call_back, call);
  else
    return nfs_pwrite_async(nfs, file, data.data(), data.size(), offset, nfs_call_back, call);
}

// Before libnfs 6 the bytes come with the callback, since then they are put where they are wanted.
template <typename Nfs>
int start_read(Nfs* nfs, nfsfh* file, uint64_t offset, MutableBytes out, NfsCall* call) {
  if constexpr (requires { nfs_pread_async(nfs, file, offset, out.size(), nfs_call_back, call); })
    return nfs_pread_async(nfs, file, offset, out.size(), nfs_call_back, call);
  else
    return nfs_pread_async(nfs, file, out.data(), out.size(), offset, nfs_call_back, call);
}

class OpenFile : public NfsClient::File {
 public:
  OpenFile(NfsContext& client, nfsfh* raw, std::string path)
      : client_(client), raw_(raw), path_(std::move(path)) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() override {
    if (raw_ != nullptr) static_cast<void>(close().has_value());
  }

  Status write(uint64_t offset, Bytes data) override;
  Status drain() override;
  Status sync() override;
  Status truncate(uint64_t size) override;
  Result<uint64_t> size() override;
  Result<ByteVector> read(size_t limit) override;
  Status close() override;

 private:
  Status start_one(uint64_t offset, Bytes data);
  Result<WriteSlot*> free_slot(uint64_t offset, uint64_t size);
  Status collect();

  NfsContext& client_;
  nfsfh* raw_;
  std::string path_;
  std::array<WriteSlot, kWrites> slots_;
};

Status OpenFile::write(uint64_t offset, Bytes data) {
  while (!data.empty()) {
    const Bytes part = data.first(std::min(data.size(), client_.write_bytes()));
    TRY(start_one(offset, part));
    offset += part.size();
    data = data.subspan(part.size());
  }
  return {};
}

// The server may do writes that are on their way together in any order, so two that overlap never are.
Result<WriteSlot*> OpenFile::free_slot(uint64_t offset, uint64_t size) {
  WriteSlot* found = nullptr;
  const auto ready = [&] {
    if (std::ranges::any_of(slots_, [](const WriteSlot& slot) { return slot.call && slot.call->done; }))
      return true;
    if (std::ranges::any_of(slots_,
                            [&](const WriteSlot& slot) { return slot.overlaps(offset, offset + size); }))
      return false;
    const auto free = std::ranges::find(slots_, nullptr, &WriteSlot::call);
    found = free == slots_.end() ? nullptr : &*free;
    return found != nullptr;
  };
  while (found == nullptr) {
    TRY(client_.serve(client_.stall(), "writing", ready));
    TRY(collect());
  }
  return found;
}

Status OpenFile::start_one(uint64_t offset, Bytes data) {
  WriteSlot* slot = TRY(free_slot(offset, data.size()));
  slot->buffer.assign(data.begin(), data.end());
  slot->offset = offset;
  slot->call = client_.new_call();
  if (start_write(client_.raw(), raw_, offset, slot->buffer, slot->call) == 0) return {};
  client_.drop(slot->call);
  slot->call = nullptr;
  return fail("{}: cannot write {}: {}", client_.peer(), path_, nfs_get_error(client_.raw()));
}

// Frees the slots whose writes are answered; the first refusal is the error.
Status OpenFile::collect() {
  for (WriteSlot& slot : slots_) {
    if (slot.call == nullptr || !slot.call->done) continue;
    const NfsCall outcome = *slot.call;
    client_.drop(slot.call);
    slot.call = nullptr;
    if (outcome.code < 0) return client_.refused(outcome, "write", path_);
    if (static_cast<size_t>(outcome.code) != slot.buffer.size()) {
      return fail("{}: the server took {} of {} bytes at offset {} of {}", client_.peer(), outcome.code,
                  slot.buffer.size(), slot.offset, path_);
    }
  }
  return {};
}

Status OpenFile::drain() {
  const auto busy = [](const WriteSlot& slot) { return slot.call != nullptr; };
  while (std::ranges::any_of(slots_, busy)) {
    TRY(client_.serve(client_.stall(), "writing", [this] {
      return std::ranges::any_of(slots_, [](const WriteSlot& slot) { return slot.call && slot.call->done; });
    }));
    TRY(collect());
  }
  return {};
}

Status OpenFile::sync() {
  TRY(drain());
  return client_.perform("commit", path_, [this](NfsCall* call) {
    return nfs_fsync_async(client_.raw(), raw_, nfs_call_back, call);
  });
}

Status OpenFile::truncate(uint64_t size) {
  TRY(drain());
  return client_.perform("cut off", path_, [this, size](NfsCall* call) {
    return nfs_ftruncate_async(client_.raw(), raw_, size, nfs_call_back, call);
  });
}

Result<uint64_t> OpenFile::size() {
  uint64_t size = 0;
  TRY(client_.perform(
      "look at", path_,
      [this](NfsCall* call) { return nfs_fstat64_async(client_.raw(), raw_, nfs_call_back, call); },
      [&size](int, void* data) { size = static_cast<nfs_stat_64*>(data)->nfs_size; }));
  return size;
}

Result<ByteVector> OpenFile::read(size_t limit) {
  ByteVector content;
  while (content.size() < limit) {
    ByteVector part(std::min(limit - content.size(), kNfsReadBytes));
    size_t got = 0;
    TRY(client_.perform(
        "read", path_,
        [&](NfsCall* call) {
          return start_read(client_.raw(), raw_, content.size(), MutableBytes(part), call);
        },
        [&](int count, void* data) {
          got = std::min(static_cast<size_t>(count), part.size());
          if (data != nullptr && data != part.data()) std::memcpy(part.data(), data, got);
        }));
    if (got == 0) break;
    content.insert(content.end(), part.begin(), part.begin() + static_cast<ptrdiff_t>(got));
  }
  return content;
}

Status OpenFile::close() {
  // All must be answered, be it with refusals, before their buffers go.
  Status drained = drain();
  for (size_t more = 1; !drained && !client_.dead() && more < kWrites; ++more)
    static_cast<void>(drain().has_value());
  nfsfh* raw = std::exchange(raw_, nullptr);
  if (client_.dead()) {
    // Its memory goes with the context.
    nfs_close_async(client_.raw(), raw, nfs_call_back, client_.new_call());
    return drained;
  }
  Status closed = client_.perform("close", path_, [&](NfsCall* call) {
    return nfs_close_async(client_.raw(), raw, nfs_call_back, call);
  });
  return drained ? closed : drained;
}

}  // namespace

std::unique_ptr<NfsClient::File> open_nfs_file(NfsContext& client, nfsfh* raw, std::string path) {
  return std::make_unique<OpenFile>(client, raw, std::move(path));
}

}  // namespace kdump
