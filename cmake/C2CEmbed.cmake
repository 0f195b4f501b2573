# c2c_embed(eval/tasks ROOT folder [FILES pattern...] [NAMESPACE name]): every *.yaml below `folder`, or the files that the
# patterns name, as bytes in the library of c2c/eval/tasks: embedded_files() of c2c/eval/tasks/embedded.h, by path
# relative to `folder`. Written at build time, so that a program carries its files wherever it is copied.
#   cmake -DROOT=folder -DFILES=a,b -DHEADER=file.h -DNAMESPACE=name -DOUTPUT=file.cpp -P C2CEmbed.cmake    writes it
if(CMAKE_SCRIPT_MODE_FILE)
  string(REPLACE "," ";" files "${FILES}")
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
  file(WRITE ${OUTPUT} "// Written by cmake/C2CEmbed.cmake; changes are lost.\n#include \"${HEADER}\"\n\n"
       "namespace ${NAMESPACE} {\nnamespace {\n${arrays}}  // namespace\n\nstd::span<const EmbeddedFile> embedded_files() {\n"
       "  static const EmbeddedFile kFiles[] = {\n${entries}  };\n  return kFiles;\n}\n\n}  // namespace ${NAMESPACE}\n")
  return()
endif()

function(c2c_embed folder)
  cmake_parse_arguments(A "" "ROOT;NAMESPACE" "FILES" ${ARGN})
  c2c_target_name(name ${folder})
  if(NOT A_NAMESPACE)
    set(A_NAMESPACE c2c)
  endif()
  if(A_FILES)
    list(TRANSFORM A_FILES PREPEND ${A_ROOT}/)
    file(GLOB files RELATIVE ${A_ROOT} CONFIGURE_DEPENDS ${A_FILES})
  else()
    file(GLOB_RECURSE files RELATIVE ${A_ROOT} CONFIGURE_DEPENDS ${A_ROOT}/*.yaml)
  endif()
  set(paths ${files})
  list(TRANSFORM paths PREPEND ${A_ROOT}/)
  list(JOIN files "," joined)
  set(script ${PROJECT_SOURCE_DIR}/cmake/C2CEmbed.cmake)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${name}_embedded.cpp)
  add_custom_command(OUTPUT ${output} DEPENDS ${paths} ${script} VERBATIM
                     COMMAND ${CMAKE_COMMAND} -DROOT=${A_ROOT} -DFILES=${joined} -DHEADER=c2c/${folder}/embedded.h
                             -DNAMESPACE=${A_NAMESPACE} -DOUTPUT=${output} -P ${script}
                     COMMENT "Embedding ${A_ROOT}")
  target_sources(${name} PRIVATE ${output})
endfunction()
