// SPDX-License-Identifier: GPL-2.0-or-later
// The parameters that a command line has for a module which is not built in: the kernel leaves them to
// whoever loads it (Documentation/admin-guide/kernel-parameters.rst).
#pragma once

#include <string>
#include <string_view>

namespace kdump::capture {

// Of `module.parameter=value` words for the module of the file at `path` ("…/virtio-blk.ko" is virtio_blk):
// "parameter=value other=\"two words\"", as finit_module(2) takes them; empty when there are none. Dashes and
// underscores of a name are the same; a value in double quotes may hold blanks.
std::string module_parameters(std::string_view command_line, std::string_view path);

}  // namespace kdump::capture
