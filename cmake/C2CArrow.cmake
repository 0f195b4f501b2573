# Parquet and Arrow files through the libraries of the pyarrow wheel (libarrow.so.2600 and so on: no bare .so names, no
# CMake package). They end up in one module, which io/tables loads when such a file is opened; see
# c2c/io/tables/arrow_module.h. Without pyarrow everything else works.
set(C2C_ARROW AUTO CACHE STRING "Read Parquet and Arrow files: AUTO (where pyarrow is found), ON or OFF")
set_property(CACHE C2C_ARROW PROPERTY STRINGS AUTO ON OFF)
set(C2C_ARROW_ROOT "" CACHE PATH "Folder of an installed pyarrow (the one with include/arrow); default: the private one")

# The oldest one that is known to work with this code; both libraries must be of one wheel.
set(C2C_ARROW_MINIMUM 20)

function(c2c_find_arrow)
  set(deps $ENV{C2C_DEPS_DIR})
  if(NOT deps)
    set(deps ${PROJECT_SOURCE_DIR}/.deps)
  endif()
  file(GLOB places ${deps}/venv/lib/python3*/site-packages/pyarrow)
  if(C2C_ARROW_ROOT)
    set(places ${C2C_ARROW_ROOT} ${C2C_ARROW_ROOT}/pyarrow)
  endif()
  foreach(place ${places})
    file(GLOB arrow ${place}/libarrow.so ${place}/libarrow.so.[0-9]*)
    file(GLOB parquet ${place}/libparquet.so ${place}/libparquet.so.[0-9]*)
    if(arrow AND parquet AND EXISTS ${place}/include/arrow/util/config.h)
      file(STRINGS ${place}/include/arrow/util/config.h version REGEX "define ARROW_VERSION_STRING")
      string(REGEX MATCH "[0-9]+\\.[0-9.]+" version "${version}")
      if(version VERSION_LESS ${C2C_ARROW_MINIMUM})
        message(STATUS "Arrow ${version} in ${place} is too old (at least ${C2C_ARROW_MINIMUM})")
        continue()
      endif()
      list(GET arrow 0 arrow)
      list(GET parquet 0 parquet)
      set(C2C_ARROW_PLACE ${place} PARENT_SCOPE)
      set(C2C_ARROW_LIBRARIES ${arrow} ${parquet} PARENT_SCOPE)
      message(STATUS "Arrow ${version}: ${place}")
      return()
    endif()
  endforeach()
endfunction()

set(C2C_ARROW_PLACE)
if(NOT C2C_ARROW STREQUAL "OFF")
  c2c_find_arrow()
  if(C2C_ARROW STREQUAL "ON" AND NOT C2C_ARROW_PLACE)
    message(FATAL_ERROR "C2C_ARROW=ON, but no pyarrow was found. Run `C2C_ARROW=1 ./run setup`, or set C2C_ARROW_ROOT to "
                        "the folder of an installed one (python -c 'import pyarrow; print(pyarrow.__path__[0])').")
  endif()
endif()

# The module, and where `target` (io/tables) looks for it.
function(c2c_add_arrow_module target)
  if(NOT C2C_ARROW_PLACE OR NOT TARGET ${target})
    return()
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/c2c/io/tables/arrow/*.cpp)
  # What the readers need of base and io/formats is compiled again: a module is position-independent, archives are not.
  add_library(c2c_arrow MODULE ${sources} ${PROJECT_SOURCE_DIR}/c2c/base/error.cpp ${PROJECT_SOURCE_DIR}/c2c/base/utf8.cpp
              ${PROJECT_SOURCE_DIR}/c2c/io/formats/source.cpp ${PROJECT_SOURCE_DIR}/c2c/io/formats/atomic_file.cpp)
  target_include_directories(c2c_arrow PRIVATE ${PROJECT_SOURCE_DIR})
  target_include_directories(c2c_arrow SYSTEM PRIVATE ${C2C_ARROW_PLACE}/include)
  target_link_libraries(c2c_arrow PRIVATE c2c_flags nlohmann_json::nlohmann_json ${C2C_ARROW_LIBRARIES})
  target_compile_features(c2c_arrow PRIVATE cxx_std_20)
  set_target_properties(c2c_arrow PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
                        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR} INSTALL_RPATH ${C2C_ARROW_PLACE})
  add_dependencies(${target} c2c_arrow)
  set_property(SOURCE ${PROJECT_SOURCE_DIR}/c2c/io/tables/arrow_module.cpp APPEND PROPERTY COMPILE_DEFINITIONS
               C2C_ARROW_BUILT="${PROJECT_BINARY_DIR}/libc2c_arrow.so"
               C2C_ARROW_INSTALLED="${CMAKE_INSTALL_FULL_LIBDIR}/c2c/libc2c_arrow.so")
  install(TARGETS c2c_arrow LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/c2c)
endfunction()
