// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpd/image_verb.h"

#include <string>
#include <vector>

#include "common/options.h"
#include "common/text.h"
#include "kdumpd/prepare.h"
#include "kdumpd/verbs.h"

namespace kdump::service {
namespace {

struct ImageOptions {
  std::string output;
  std::string root;
};

constexpr Option<ImageOptions> kOptions[] = {
    {{'o', "output", Argument::required, "FILE", "where the image goes"},
     [](ImageOptions& options, std::string_view argument) -> Status {
       options.output = argument;
       return {};
     }},
    {{'r', "root", Argument::required, "DIR", "read the system below DIR instead of the running one"},
     [](ImageOptions& options, std::string_view argument) -> Status {
       options.root = argument == "/" ? "" : argument;
       return {};
     }},
};

Result<ImageOptions> parse(std::span<char* const> arguments) {
  ImageOptions options;
  const std::vector<std::string> words =
      TRY(parse_options(std::span<const Option<ImageOptions>>(kOptions), arguments, options));
  if (words != std::vector<std::string>{"build"})
    return fail(ErrorKind::usage, "write image build --output FILE [--root DIR]");
  if (options.output.empty()) return fail(ErrorKind::usage, "image build needs --output FILE");
  return options;
}

int report(const Context& context, const Problems& problems) {
  for (const std::string& warning : problems.warnings) context.announce(Level::warning, warning);
  for (const std::string& error : problems.errors) context.announce(Level::error, error);
  return problems.none() ? kSuccess : kFailure;
}

void describe(const Context& context, const image::Image& image) {
  context.announce(Level::info, fmt::format("Built {}: {}, {} unpacked, {} modules", image.path,
                                            human_size(image.compressed_bytes),
                                            human_size(image.unpacked_bytes), image.modules.size()));
}

}  // namespace

int run_image(const Context& context, std::span<char* const> arguments) {
  Problems problems;
  const auto options = problems.take(parse(arguments));
  if (!options) return report(context, problems);
  const Preparation preparation = prepare_image(Host(options->root), context.effects.probes, problems);
  if (!problems.none()) return report(context, problems);
  const auto image = problems.take(context.effects.build_file(preparation.request, options->output));
  if (image) {
    problems.warnings.insert(problems.warnings.end(), image->warnings.begin(), image->warnings.end());
    describe(context, *image);
  }
  return report(context, problems);
}

}  // namespace kdump::service
