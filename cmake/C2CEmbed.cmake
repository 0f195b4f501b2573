# c2c_embed(eval/tasks ROOT folder): every *.yaml below `folder` as bytes in the library of c2c/eval/tasks, found again
# by its path relative to `folder` through c2c/eval/tasks/embedded.h. Written at build time, so that a program carries
# its prompts wherever it is copied.
#   cmake -DROOT=folder -DOUTPUT=file.cpp -P C2CEmbed.cmake    writes the source
if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/*.yaml)
  list(SORT files)
  set(arrays)
  set(entries)
  set(number 0)
  foreach(file ${files})
    file(READ ${ROOT}/${file} hex HEX)
    string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
    string(REGEX REPLACE "(................................................................................)" "\\1\n" bytes "${bytes}")
    string(APPEND arrays "const unsigned char kFile${number}[] = {\n${bytes}0};\n")
    string(APPEND entries "    {\"${file}\", {reinterpret_cast<const char*>(kFile${number}), sizeof(kFile${number}) - 1}},\n")
    math(EXPR number "${number} + 1")
  endforeach()
  file(WRITE ${OUTPUT} "// Written by cmake/C2CEmbed.cmake; changes are lost.\n#include \"c2c/eval/tasks/embedded.h\"\n\n"
       "namespace c2c {\nnamespace {\n${arrays}}  // namespace\n\nstd::span<const EmbeddedFile> embedded_files() {\n"
       "  static const EmbeddedFile kFiles[] = {\n${entries}  };\n  return kFiles;\n}\n\n}  // namespace c2c\n")
  return()
endif()

function(c2c_embed folder)
  cmake_parse_arguments(A "" "ROOT" "" ${ARGN})
  c2c_target_name(name ${folder})
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${A_ROOT}/*.yaml)
  set(script ${PROJECT_SOURCE_DIR}/cmake/C2CEmbed.cmake)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${name}_embedded.cpp)
  add_custom_command(OUTPUT ${output} DEPENDS ${files} ${script} VERBATIM
                     COMMAND ${CMAKE_COMMAND} -DROOT=${A_ROOT} -DOUTPUT=${output} -P ${script}
                     COMMENT "Embedding ${A_ROOT}")
  target_sources(${name} PRIVATE ${output})
endfunction()
