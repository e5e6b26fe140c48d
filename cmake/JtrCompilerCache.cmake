# Compiles through ccache where it is installed, so that a clean build of known sources takes seconds.
if(NOT JTR_CCACHE)
  return()
endif()

find_program(JTR_CCACHE_PROGRAM ccache)
mark_as_advanced(JTR_CCACHE_PROGRAM)
if(NOT JTR_CCACHE_PROGRAM)
  message(STATUS "ccache: not found; every clean build compiles everything")
  return()
endif()
message(STATUS "ccache: ${JTR_CCACHE_PROGRAM}")

# ccache takes a precompiled header for an unknown binary, and gives up, unless told that a change of what the header
# was made from changes the header (pch_defines), and that times in __TIME__ do not matter (time_macros).
foreach(language CXX CUDA)
  set(CMAKE_${language}_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${JTR_CCACHE_PROGRAM})
endforeach()
# The compiler's part of the same: keep "#pragma GCC pch_preprocess" in what ccache hashes (GCC), and leave the
# header's time out of the header (Clang).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>)
endif()
