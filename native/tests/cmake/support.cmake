# What the tests of the build share. Run one with: cmake -P native/tests/cmake/<name>_test.cmake
cmake_minimum_required(VERSION 3.22)
get_filename_component(ROOT "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
list(APPEND CMAKE_MODULE_PATH "${ROOT}/cmake")

function(expect_equal actual expected)
  if(NOT actual STREQUAL expected)
    message(FATAL_ERROR "is '${actual}', expected '${expected}'")
  endif()
endfunction()

function(expect_match actual pattern)
  if(NOT actual MATCHES "${pattern}")
    message(FATAL_ERROR "'${actual}' does not hold '${pattern}'")
  endif()
endfunction()

# configure(<result> <text> <options...>): configures this project in a folder that goes again.
function(configure result text)
  string(RANDOM LENGTH 8 name)
  set(folder "$ENV{TMPDIR}")
  if(NOT folder)
    set(folder /tmp)
  endif()
  set(folder "${folder}/jtr-configure-${name}")
  execute_process(
      COMMAND ${CMAKE_COMMAND} -S "${ROOT}" -B "${folder}" -G Ninja -DJTR_CCACHE=OFF -DJTR_TESTS=OFF ${ARGN}
      RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  set(artifacts "")
  if(EXISTS "${folder}/CMakeCache.txt")
    file(STRINGS "${folder}/CMakeCache.txt" artifacts REGEX "^JTR_ARTIFACT_DIR")
  endif()
  file(REMOVE_RECURSE "${folder}")
  # CMake breaks the lines of what it says.
  string(REGEX REPLACE "[ \n]+" " " output "${output}\n${artifacts}")
  set(${result} "${status}" PARENT_SCOPE)
  set(${text} "${output}" PARENT_SCOPE)
endfunction()
