// SPDX-License-Identifier: GPL-2.0-or-later
// zlib's format by libdeflate: about three times as fast as zlib at level 1, with smaller output.
#include <libdeflate.h>

#include "makedumpfile/codec/registry.h"

namespace kdump {
namespace {

constexpr int kLevel = 1;

struct FreeCompressor {
  void operator()(libdeflate_compressor* c) const { libdeflate_free_compressor(c); }
};
struct FreeDecompressor {
  void operator()(libdeflate_decompressor* d) const { libdeflate_free_decompressor(d); }
};

class ZlibCodec : public Codec {
 public:
  [[nodiscard]] size_t bound(size_t page_size) const override { return page_size; }

  size_t compress(Bytes page, MutableBytes out) override {
    if (!compressor_) compressor_.reset(libdeflate_alloc_compressor(kLevel));
    if (!compressor_) return 0;
    // One byte less than the page: output that does not fit is reported as 0, just what the caller wants.
    return libdeflate_zlib_compress(compressor_.get(), page.data(), page.size(), out.data(), page.size() - 1);
  }

  Status decompress(Bytes stored, MutableBytes page) override {
    if (!decompressor_) decompressor_.reset(libdeflate_alloc_decompressor());
    if (!decompressor_) return fail("cannot allocate a zlib decompressor");
    // Without a place for the actual size, less output than asked for is an error too.
    const auto result = libdeflate_zlib_decompress(decompressor_.get(), stored.data(), stored.size(),
                                                   page.data(), page.size(), nullptr);
    if (result != LIBDEFLATE_SUCCESS) return fail(ErrorKind::corrupt, "damaged zlib data");
    return {};
  }

 private:
  std::unique_ptr<libdeflate_compressor, FreeCompressor> compressor_;
  std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor_;
};

}  // namespace

std::unique_ptr<Codec> create_zlib_codec() { return std::make_unique<ZlibCodec>(); }

}  // namespace kdump
