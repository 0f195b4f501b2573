# Compiler settings that hold for every target of ours.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(C2C_CCACHE ccache)
if(C2C_CCACHE)
  # Sloppiness: without it ccache refuses every file that uses the precompiled header. Base folder: clones share hits.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${C2C_CCACHE})
endif()
find_program(C2C_MOLD mold)
if(C2C_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_library(c2c_flags INTERFACE)
target_compile_options(c2c_flags INTERFACE -Wall -Wextra -Wshadow -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(c2c_flags INTERFACE -fpch-preprocess)
endif()
if(C2C_WERROR)
  target_compile_options(c2c_flags INTERFACE -Werror)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # Sees overlapping copies in std::string operator+ that are not there (gcc bug 105651).
    target_compile_options(c2c_flags INTERFACE -Wno-error=restrict)
  endif()
endif()
if(C2C_SANITIZE)
  add_compile_options(-fsanitize=${C2C_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${C2C_SANITIZE})
endif()
