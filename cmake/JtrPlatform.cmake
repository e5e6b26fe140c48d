# What is known of the machine that is built for.

# jtr_runtime_id(<result>): its name as .NET says it, such as linux-x64 or linux-arm64. Packages and the loader of the managed
# side look for libjtr under that name.
function(jtr_runtime_id result)
  string(TOLOWER "${CMAKE_SYSTEM_PROCESSOR}" processor)
  if(processor MATCHES "^(x86_64|amd64|x64)$")
    set(processor x64)
  elseif(processor MATCHES "^(aarch64|arm64)$")
    set(processor arm64)
  endif()
  string(TOLOWER "${CMAKE_SYSTEM_NAME}" system)
  if(system STREQUAL "darwin")
    set(system osx)
  elseif(system STREQUAL "windows")
    set(system win)
  endif()
  set(${result} "${system}-${processor}" PARENT_SCOPE)
endfunction()

# jtr_openmp_of(<library> <result>): the OpenMP library that a library says it needs, such as libgomp-a34b3233.so.1 or
# libomp.so.5; empty where that is not known.
function(jtr_openmp_of library result)
  set(${result} "" PARENT_SCOPE)
  if(NOT CMAKE_READELF)
    return()
  endif()
  execute_process(COMMAND "${CMAKE_READELF}" -d "${library}" OUTPUT_VARIABLE dynamic ERROR_QUIET)
  if(dynamic MATCHES "NEEDED[^\n]*\\[(lib(gomp|omp|iomp5)[^]]*)\\]")
    set(${result} "${CMAKE_MATCH_1}" PARENT_SCOPE)
  endif()
endfunction()

# jtr_openmp_problem(<compiler> <openmp> <result>): why code of a compiler (CMAKE_CXX_COMPILER_ID) cannot run in the OpenMP
# library that libtorch runs in; empty where it can. GCC calls GOMP_*, which LLVM's and Intel's libraries have too; Clang calls
# __kmpc_*, which GNU's has not.
function(jtr_openmp_problem compiler openmp result)
  set(${result} "" PARENT_SCOPE)
  if(compiler MATCHES "Clang" AND openmp MATCHES "^libgomp")
    set(${result}
        "libtorch runs in GNU's OpenMP (${openmp}), which code that ${compiler} compiles cannot call: it asks for __kmpc_* of LLVM's. A second OpenMP beside it would have threads of its own, which libtorch's settings do not reach. Compile with g++ (-DCMAKE_CXX_COMPILER=g++, in a fresh build folder), or name a libtorch that was built with LLVM's OpenMP in LIBTORCH"
        PARENT_SCOPE)
  endif()
endfunction()
