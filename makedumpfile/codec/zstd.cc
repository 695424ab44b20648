// SPDX-License-Identifier: GPL-2.0-or-later
#include <zstd.h>

#include "makedumpfile/codec/registry.h"

namespace kdump {
namespace {

constexpr int kLevel = 1;

struct FreeContext {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// Contexts are kept between pages: making one costs more than compressing a page.
class ZstdCodec : public Codec {
 public:
  [[nodiscard]] size_t bound(size_t page_size) const override { return page_size; }

  size_t compress(Bytes page, MutableBytes out) override {
    if (!compressor_) compressor_.reset(ZSTD_createCCtx());
    if (!compressor_) return 0;
    // One byte less than the page: output that does not fit is an error.
    const size_t size =
        ZSTD_compressCCtx(compressor_.get(), out.data(), page.size() - 1, page.data(), page.size(), kLevel);
    return ZSTD_isError(size) != 0 ? 0 : size;
  }

  Status decompress(Bytes stored, MutableBytes page) override {
    if (!decompressor_) decompressor_.reset(ZSTD_createDCtx());
    if (!decompressor_) return fail("cannot allocate a zstd decompressor");
    const size_t size =
        ZSTD_decompressDCtx(decompressor_.get(), page.data(), page.size(), stored.data(), stored.size());
    if (ZSTD_isError(size) != 0 || size != page.size()) return fail(ErrorKind::corrupt, "damaged zstd data");
    return {};
  }

 private:
  std::unique_ptr<ZSTD_CCtx, FreeContext> compressor_;
  std::unique_ptr<ZSTD_DCtx, FreeContext> decompressor_;
};

}  // namespace

std::unique_ptr<Codec> create_zstd_codec() { return std::make_unique<ZstdCodec>(); }

}  // namespace kdump
