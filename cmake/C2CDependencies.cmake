# Third-party libraries; which of them are optional is said here and nowhere else.
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(onig REQUIRED IMPORTED_TARGET oniguruma)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(Boost 1.81 CONFIG REQUIRED COMPONENTS headers)  # Asio and Beast, for c2c/io/net alone
if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()

if(C2C_TORCH)
  # The private LibTorch of `./run setup` is only a fallback: CMAKE_PREFIX_PATH and Torch_DIR win.
  file(GLOB C2C_PRIVATE_TORCH ${PROJECT_SOURCE_DIR}/.deps/venv/lib/python3.*/site-packages/torch)
  find_package(Torch 2.13 QUIET HINTS ${C2C_PRIVATE_TORCH})
  if(NOT Torch_FOUND)
    message(FATAL_ERROR "LibTorch 2.13 not found. Run `./run setup`, or set CMAKE_PREFIX_PATH to the folder of an "
                        "existing one (the one that holds share/cmake/Torch), or build the torch-free parts with "
                        "-DC2C_TORCH=OFF.")
  endif()
  # As a system include: the wheel's headers warn under our flags.
  add_library(c2c_torch INTERFACE)
  target_include_directories(c2c_torch SYSTEM INTERFACE "$<BUILD_INTERFACE:${TORCH_INCLUDE_DIRS}>")
  target_link_libraries(c2c_torch INTERFACE "$<BUILD_INTERFACE:${TORCH_LIBRARIES}>")  # c2cConfig.cmake finds its own
  separate_arguments(C2C_TORCH_FLAGS UNIX_COMMAND "${TORCH_CXX_FLAGS}")
  target_compile_options(c2c_torch INTERFACE "$<BUILD_INTERFACE:${C2C_TORCH_FLAGS}>")
  # at::parallel_for is a template: compiled without OpenMP it runs on one thread, in silence. The runtime is the one that
  # LibTorch carries: two would fight over the cores.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    file(GLOB C2C_TORCH_OPENMP ${TORCH_INSTALL_PREFIX}/lib/libgomp*.so*)
    if(NOT C2C_TORCH_OPENMP)
      set(C2C_TORCH_OPENMP gomp)
    endif()
    target_compile_options(c2c_torch INTERFACE "$<BUILD_INTERFACE:-fopenmp>")
    target_link_libraries(c2c_torch INTERFACE "$<BUILD_INTERFACE:${C2C_TORCH_OPENMP}>")
  else()
    message(WARNING "c2c's own loops will run on one thread: only GCC's OpenMP is LibTorch's own (set CMAKE_CXX_COMPILER)")
  endif()
endif()
if(C2C_TESTS)
  find_package(GTest REQUIRED)
  find_package(ZLIB REQUIRED)
endif()
