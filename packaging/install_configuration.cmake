# SPDX-License-Identifier: GPL-2.0-or-later
# Run at install time with kdump_source set: puts the configuration in place where there is none.

function(install_unless_there from to)
  set(place "$ENV{DESTDIR}${to}")
  if(EXISTS "${place}" OR IS_SYMLINK "${place}")
    message(STATUS "Kept: ${place}")
    return()
  endif()
  get_filename_component(folder "${to}" DIRECTORY) # file(INSTALL) puts DESTDIR before it
  get_filename_component(name "${to}" NAME)
  file(INSTALL DESTINATION "${folder}" TYPE FILE RENAME "${name}" FILES "${from}"
       PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
endfunction()

install_unless_there("${kdump_source}/conf/kdump.conf" /etc/kdump.conf)
install_unless_there("${kdump_source}/conf/kdump.sysconfig" /etc/sysconfig/kdump)
foreach(folder /var/crash /var/lib/kdump)
  if(NOT EXISTS "$ENV{DESTDIR}${folder}")
    file(MAKE_DIRECTORY "$ENV{DESTDIR}${folder}")
    message(STATUS "Installing: $ENV{DESTDIR}${folder}")
  endif()
endforeach()
