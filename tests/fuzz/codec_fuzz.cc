// SPDX-License-Identifier: GPL-2.0-or-later
// Every codec: any bytes decompress to an error or to a page; a page made of the same bytes comes back.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "makedumpfile/codec/codec.h"

namespace {

constexpr size_t kPage = 4096;

// What a worker keeps from page to page.
struct Worker {
  explicit Worker(const kdump::CodecRow& row)
      : codec(row.create()), stored(std::max(codec->bound(kPage), kPage)) {}
  std::unique_ptr<kdump::Codec> codec;
  kdump::ByteVector stored;
  kdump::ByteVector out = kdump::ByteVector(kPage);
};

std::vector<Worker> make_workers() {
  std::vector<Worker> workers;
  for (const kdump::CodecRow& row : kdump::codec_rows()) workers.emplace_back(row);
  return workers;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static std::vector<Worker> workers = make_workers();
  const kdump::Bytes bytes = std::as_bytes(std::span(data, size));
  kdump::ByteVector page(kPage);
  std::copy_n(bytes.begin(), std::min(size, kPage), page.begin());
  for (auto& [codec, stored, out] : workers) {
    static_cast<void>(codec->decompress(bytes, out));
    const size_t compressed = codec->compress(page, stored);
    if (compressed >= kPage) std::abort();
    const kdump::Bytes whole = kdump::Bytes(stored).first(compressed);
    if (compressed != 0 && (!codec->decompress(whole, out) || out != page)) std::abort();
  }
  return 0;
}
