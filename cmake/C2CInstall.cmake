# `cmake --install`: the binary, the headers of every folder, and a package whose target c2c::c2c links all of them.
add_library(c2c_all INTERFACE)
get_property(folder_targets GLOBAL PROPERTY C2C_FOLDER_TARGETS)
target_link_libraries(c2c_all INTERFACE ${folder_targets})
set_target_properties(c2c_all PROPERTIES EXPORT_NAME c2c)
add_library(c2c::c2c ALIAS c2c_all)

set(export_targets c2c_all ${folder_targets})
if(C2C_TORCH)
  list(APPEND export_targets c2c_torch)
endif()
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/c2c)
install(TARGETS ${export_targets} EXPORT c2cTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT c2cTargets NAMESPACE c2c:: DESTINATION ${package_dir})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/c2c DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "cli" EXCLUDE)
if(TARGET c2c)
  # LibTorch's libraries beside the program win: so it can be taken to where no LibTorch is (deploy/Containerfile). Then
  # the one it was built with, by name: CMake's own list of linked folders leaves out those below the source folder, as
  # .deps is.
  set_target_properties(c2c PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/c2c;${TORCH_INSTALL_PREFIX}/lib")
  # A component of its own: who only runs it wants no headers and archives.
  install(TARGETS c2c RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
endif()

include(CMakePackageConfigHelpers)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/c2cConfig.cmake.in ${PROJECT_BINARY_DIR}/c2cConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/c2cConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/c2cConfig.cmake ${PROJECT_BINARY_DIR}/c2cConfigVersion.cmake
        DESTINATION ${package_dir})
