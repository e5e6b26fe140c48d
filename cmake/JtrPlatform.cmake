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
        "libtorch runs in GNU's OpenMP (${openmp}), which code that ${compiler} compiles cannot call: it asks \
for __kmpc_* of LLVM's. A second OpenMP beside it would have threads of its own, which libtorch's settings do not \
reach. Compile with g++ (-DCMAKE_CXX_COMPILER=g++, in a fresh build folder), or name a libtorch that was built with \
LLVM's OpenMP in LIBTORCH"
        PARENT_SCOPE)
  endif()
endfunction()

# jtr_cuda_architectures(<CUDA version> <result>): the GPUs that kernels are compiled for where nobody says: from V100 and T4
# to H100, and PTX, which the driver compiles for later ones. CUDA 13 knows no V100.
function(jtr_cuda_architectures version result)
  set(architectures 75-real 80-real 90)
  if(version VERSION_LESS 13)
    list(PREPEND architectures 70-real)
  endif()
  set(${result} "${architectures}" PARENT_SCOPE)
endfunction()

# jtr_cxx_standard(<libtorch version> <result>): what its headers ask for.
function(jtr_cxx_standard torch result)
  set(${result} 17 PARENT_SCOPE)
  if(torch VERSION_GREATER_EQUAL 2.13)
    set(${result} 20 PARENT_SCOPE)
  endif()
endfunction()

# jtr_include_folders(<result> <folder>...): those that the compiler does not search anyway. (Named as -isystem, /usr/include
# breaks #include_next.)
function(jtr_include_folders result)
  set(wanted)
  foreach(folder IN LISTS ARGN)
    file(REAL_PATH "${folder}" folder)
    if(EXISTS "${folder}" AND NOT folder IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
      list(APPEND wanted "${folder}")
    endif()
  endforeach()
  set(${result} "${wanted}" PARENT_SCOPE)
endfunction()

# jtr_find_torch(<argument of find_package>...): a macro, for what it sets. Caffe2's CMake files switch CMake's own choice of GPUs
# off, for flags of their own that reach only their targets; what was chosen here stays.
macro(jtr_find_torch)
  set(JTR_CUDA_ARCHITECTURES "${CMAKE_CUDA_ARCHITECTURES}")
  find_package(Torch QUIET ${ARGN})
  set(CMAKE_CUDA_ARCHITECTURES "${JTR_CUDA_ARCHITECTURES}")
endmacro()
