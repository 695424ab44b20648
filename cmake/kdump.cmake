# SPDX-License-Identifier: GPL-2.0-or-later
# How every library, program, test and fuzzer of this project is built.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # A clone elsewhere finds what this one compiled: no path of the checkout goes into the key.
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${CCACHE_PROGRAM})
endif()

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG") # -O3 gives a false -Warray-bounds on GCC 12
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1")
# kdump-capture and its worker live in one small image: drop what is never called.
set(CMAKE_EXE_LINKER_FLAGS_RELEASE "-Wl,--gc-sections,--as-needed -s")

add_library(kdump_flags INTERFACE)
target_include_directories(kdump_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(kdump_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64 KDUMP_VERSION="${PROJECT_VERSION}")
target_compile_options(kdump_flags INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wformat=2
  -Wimplicit-fallthrough -Wnon-virtual-dtor -Woverloaded-virtual -Wundef
  -ffunction-sections -fdata-sections -fstack-protector-strong
  $<$<CXX_COMPILER_ID:Clang>:-Wno-deprecated-declarations> # libstdc++ 12's stable algorithms use what it deprecates
  $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>
  $<$<BOOL:${KDUMP_CHECKED}>:-D_GLIBCXX_ASSERTIONS>)
target_link_libraries(kdump_flags INTERFACE Threads::Threads)

if(KDUMP_SANITIZE)
  add_compile_options(-fsanitize=${KDUMP_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${KDUMP_SANITIZE})
  if(KDUMP_SANITIZE MATCHES undefined)
    add_compile_options(-fno-sanitize-recover=all)
  endif()
endif()
if(KDUMP_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# kdump_library(NAME SOURCES … [DEPS targets…] [PKG pkg-config modules…])
# Target kdump::NAME, static; includes are written from the repository root. NAME is the folder; a target's
# name cannot hold a slash, so DEPS here and below may say kdump::initramfs/plan for kdump::initramfs_plan.
function(kdump_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS;PKG" ${ARGN})
  string(REPLACE "/" "_" name "${name}")
  string(REPLACE "/" "_" arg_DEPS "${arg_DEPS}")
  set(target "kdump_${name}")
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(kdump::${name} ALIAS ${target})
  target_link_libraries(${target} PUBLIC kdump_flags ${arg_DEPS})
  kdump_use_packages(${target} ${arg_PKG})
endfunction()

# kdump_program(NAME SOURCES … [DEPS …] [PKG …] [INSTALL dir]): an executable in the build folder of its layer.
function(kdump_program name)
  cmake_parse_arguments(arg "" "INSTALL" "SOURCES;DEPS;PKG" ${ARGN})
  string(REPLACE "/" "_" arg_DEPS "${arg_DEPS}")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE kdump_flags ${arg_DEPS})
  kdump_use_packages(${name} ${arg_PKG})
  if(arg_INSTALL)
    install(TARGETS ${name} RUNTIME DESTINATION ${arg_INSTALL})
  endif()
endfunction()

# Links pkg-config modules; their headers count as system headers, so our warnings stay ours.
function(kdump_use_packages target)
  foreach(module IN LISTS ARGN)
    if(NOT TARGET PkgConfig::${module})
      pkg_check_modules(${module} REQUIRED IMPORTED_TARGET GLOBAL ${module})
    endif()
    target_link_libraries(${target} PUBLIC PkgConfig::${module})
  endforeach()
endfunction()

# kdump_test(NAME SOURCES … [DEPS …] [LABEL label] [READS_TREE …]): a GoogleTest executable; every case is a ctest
# case labelled `unit` or as said. The sources named by READS_TREE get KDUMP_SOURCE_DIR, to hold files of the
# repository against the code.
function(kdump_test name)
  cmake_parse_arguments(arg "" "LABEL" "SOURCES;DEPS;PKG;READS_TREE" ${ARGN})
  if(NOT arg_LABEL)
    set(arg_LABEL unit)
  endif()
  find_package(GTest REQUIRED)
  include(GoogleTest)
  string(REPLACE "/" "_" arg_DEPS "${arg_DEPS}")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE kdump_flags ${arg_DEPS} GTest::gtest GTest::gmock GTest::gtest_main)
  kdump_use_packages(${name} ${arg_PKG})
  set_property(SOURCE ${arg_READS_TREE} APPEND PROPERTY COMPILE_DEFINITIONS KDUMP_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 PROPERTIES LABELS ${arg_LABEL} TIMEOUT 300)
endfunction()

# kdump_fuzzer(NAME SOURCES … [DEPS …]): a libFuzzer target; tests/run drives it with the corpus tests/fuzz/corpus/NAME.
function(kdump_fuzzer name)
  if(NOT KDUMP_FUZZ)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;DEPS" ${ARGN})
  string(REPLACE "/" "_" arg_DEPS "${arg_DEPS}")
  add_executable(${name}_fuzz ${arg_SOURCES})
  target_link_libraries(${name}_fuzz PRIVATE kdump_flags ${arg_DEPS})
  target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
endfunction()
