// SPDX-License-Identifier: GPL-2.0-or-later
// The header of a kdump-compressed file of any bytes: what is accepted lies in the file.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "makedumpfile/vmcore/kdump_headers.h"

namespace {

// Files are larger than what the fuzzer has: zeros follow.
class PaddedSource final : public kdump::ByteSource {
 public:
  PaddedSource(kdump::Bytes bytes, uint64_t size) : bytes_(bytes), size_(size) {}
  [[nodiscard]] const std::string& name() const override { return name_; }
  [[nodiscard]] uint64_t size() const override { return size_; }
  kdump::Status read(uint64_t offset, kdump::MutableBytes out) const override {
    if (offset > size_ || out.size() > size_ - offset) std::abort();
    std::memset(out.data(), 0, out.size());
    if (offset < bytes_.size())
      std::memcpy(out.data(), bytes_.data() + offset, std::min<size_t>(out.size(), bytes_.size() - offset));
    return {};
  }

 private:
  kdump::Bytes bytes_;
  uint64_t size_;
  std::string name_ = "fuzz";
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const kdump::Bytes bytes = std::as_bytes(std::span(data, size));
  // The last byte says by how much.
  const uint64_t file_size = size + (size == 0 ? 0 : uint64_t{data[size - 1]} << 16);
  const auto headers = kdump::read_kdump_headers(PaddedSource(bytes, file_size));
  if (!headers) return 0;
  if (headers->descriptors > file_size || headers->bitmap2 > headers->descriptors ||
      headers->block_size < 4096)
    std::abort();
  return 0;
}
