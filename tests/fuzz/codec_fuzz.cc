// SPDX-License-Identifier: GPL-2.0-or-later
// Every codec: any bytes decompress to an error or to a page; a page made of the same bytes comes back.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "makedumpfile/codec/codec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kPage = 4096;
  const kdump::Bytes bytes = std::as_bytes(std::span(data, size));
  kdump::ByteVector page(kPage);
  std::copy_n(bytes.begin(), std::min(size, kPage), page.begin());
  for (const kdump::CodecRow& row : kdump::codec_rows()) {
    const auto codec = row.create();
    kdump::ByteVector out(kPage);
    static_cast<void>(codec->decompress(bytes, out));
    kdump::ByteVector stored(std::max(codec->bound(kPage), kPage));
    stored.resize(codec->compress(page, stored));
    if (stored.size() >= kPage) std::abort();
    if (!stored.empty() && (!codec->decompress(stored, out) || out != page)) std::abort();
  }
  return 0;
}
