# Installs the build tree, compiles examples/ against what was installed and runs the programs on golden models.
#   cmake -DBUILD=... -DSOURCE=... -DTORCH=... [-DLAUNCHER=ccache] -P test_package.cmake
function(must what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE out)
  message(STATUS "${what}\n${out}")
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${what}: exit ${status}")
  endif()
endfunction()

set(prefix ${BUILD}/package/prefix)
set(build ${BUILD}/package/examples)
file(REMOVE_RECURSE ${prefix})
must("install" ${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
must("configure" ${CMAKE_COMMAND} -G Ninja -S ${SOURCE}/examples -B ${build} -DCMAKE_BUILD_TYPE=Release
     -DCMAKE_PREFIX_PATH=${prefix} -DTorch_DIR=${TORCH} -DCMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER})
must("compile" ${CMAKE_COMMAND} --build ${build})

file(GLOB sources ${SOURCE}/examples/*.cpp)
foreach(source ${sources})
  get_filename_component(name ${source} NAME_WE)
  set(arguments ${SOURCE}/tests/package/tiny_pair.yaml "What does the word mean?")
  if(name STREQUAL "custom_projector")
    set(arguments ${BUILD}/package/fuser)
  endif()
  must(${name} ${build}/${name} ${arguments})
endforeach()
must("installed program" ${prefix}/bin/c2c --version)
