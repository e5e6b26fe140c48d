# Finds libtorch (1.13 or newer) and makes the target jtr_torch from it.
#
# Looked for in this order: -DLIBTORCH or the environment's LIBTORCH, CMAKE_PREFIX_PATH, the system.
# Sets JTR_TORCH_DIR (the folder of its libraries), JTR_TORCH_RPATH, JTR_TORCH_HAS_CUDA.
include(JtrMissing)
include(JtrPlatform)

set(JTR_TORCH_WANTED "${LIBTORCH}")
if(NOT JTR_TORCH_WANTED)
  set(JTR_TORCH_WANTED "$ENV{LIBTORCH}")
endif()

# What an earlier configuration found is cached; forget it when another libtorch is asked for.
set(JTR_TORCH_FROM "${JTR_TORCH_WANTED}|${CMAKE_PREFIX_PATH}|$ENV{CMAKE_PREFIX_PATH}")
if(DEFINED CACHE{JTR_TORCH_WAS} AND NOT JTR_TORCH_WAS STREQUAL JTR_TORCH_FROM)
  foreach(variable Torch_DIR Caffe2_DIR TORCH_LIBRARY c10_LIBRARY C10_CUDA_LIBRARY TORCH_CUDA_LIBRARY kineto_LIBRARY)
    unset(${variable} CACHE)
  endforeach()
endif()
set(JTR_TORCH_WAS "${JTR_TORCH_FROM}" CACHE INTERNAL "What the cached libtorch was found by")

# Whether CUDA code can be compiled here; asked before libtorch, whose CMake files stop where a libtorch with CUDA meets
# a machine without the CUDA toolkit.
include(CheckLanguage)
if(NOT JTR_CUDA MATCHES "^(OFF|EMULATE)$")
  # One compiler for both halves: objects of two versions do not link.
  if(NOT DEFINED CMAKE_CUDA_HOST_COMPILER AND NOT DEFINED ENV{CUDAHOSTCXX})
    set(CMAKE_CUDA_HOST_COMPILER "${CMAKE_CXX_COMPILER}")
  endif()
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER AND NOT DEFINED CMAKE_CUDA_ARCHITECTURES AND NOT DEFINED ENV{CUDAARCHS})
    execute_process(COMMAND "${CMAKE_CUDA_COMPILER}" --version OUTPUT_VARIABLE nvcc_says ERROR_QUIET)
    string(REGEX MATCH "release ([0-9]+\\.[0-9]+)" nvcc_says "${nvcc_says}")
    jtr_cuda_architectures("${CMAKE_MATCH_1}" CMAKE_CUDA_ARCHITECTURES)
  elseif(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES "$ENV{CUDAARCHS}")
  endif()
endif()

if(JTR_TORCH_WANTED)
  # TorchConfig.cmake looks for its own libraries in the system first, unless CMAKE_PREFIX_PATH names another place.
  list(PREPEND CMAKE_PREFIX_PATH "${JTR_TORCH_WANTED}")
endif()
if(JTR_TORCH_WANTED AND NOT CMAKE_CUDA_COMPILER AND EXISTS "${JTR_TORCH_WANTED}/lib/libtorch_cuda.so")
  # Such a libtorch brings what it needs of CUDA, so all but our own kernels can run on a GPU: take its files directly.
  foreach(library torch torch_cpu torch_cuda c10 c10_cuda)
    add_library(${library} SHARED IMPORTED)
    set_target_properties(${library} PROPERTIES IMPORTED_LOCATION "${JTR_TORCH_WANTED}/lib/lib${library}.so")
  endforeach()
  set(TORCH_INCLUDE_DIRS "${JTR_TORCH_WANTED}/include" "${JTR_TORCH_WANTED}/include/torch/csrc/api/include")
  file(STRINGS "${JTR_TORCH_WANTED}/include/torch/csrc/api/include/torch/version.h" version
      REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
  string(REGEX MATCHALL "[0-9]+" version "${version}")
  list(JOIN version "." Torch_VERSION)
  # Which of the two layouts of std::string it was built with.
  file(STRINGS "${JTR_TORCH_WANTED}/share/cmake/Torch/TorchConfig.cmake" TORCH_CXX_FLAGS
      REGEX "_GLIBCXX_USE_CXX11_ABI=[01]")
  string(REGEX MATCH "-D_GLIBCXX_USE_CXX11_ABI=[01]" TORCH_CXX_FLAGS "${TORCH_CXX_FLAGS}")
elseif(JTR_TORCH_WANTED)
  jtr_find_torch(PATHS "${JTR_TORCH_WANTED}" NO_DEFAULT_PATH)
  if(NOT Torch_FOUND)
    message(FATAL_ERROR
        "No libtorch in LIBTORCH=${JTR_TORCH_WANTED}: share/cmake/Torch/TorchConfig.cmake is not there, or does not "
        "load. Name the folder that holds include, lib and share of libtorch, or leave LIBTORCH out to use the "
        "system's (Debian: libtorch-dev).")
  endif()
else()
  jtr_find_torch()
  if(NOT Torch_FOUND)
    jtr_missing("libtorch 1.13 or newer" APT libtorch-dev
        OTHER "unpack a libtorch and name its folder in the environment variable LIBTORCH, with \
-DLIBTORCH=<folder> or in CMAKE_PREFIX_PATH")
  endif()
endif()
if(Torch_VERSION VERSION_LESS 1.13)
  message(FATAL_ERROR "libtorch ${Torch_VERSION} is too old: 1.13 or newer is needed. Name another with LIBTORCH=<folder>.")
endif()

# An imported target without a location for our build type falls back to the one it has; take it from there.
function(jtr_library_of target result)
  foreach(property IMPORTED_LOCATION IMPORTED_LOCATION_RELEASE IMPORTED_LOCATION_RELWITHDEBINFO IMPORTED_LOCATION_DEBUG
          IMPORTED_LOCATION_NONE)
    get_target_property(location ${target} ${property})
    if(location)
      file(REAL_PATH "${location}" location)
      set(${result} "${location}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "libtorch's CMake files (${Torch_DIR}) do not say where the library ${target} is.")
endfunction()

# A target of our own instead of TORCH_LIBRARIES: only the libraries that we call (TorchConfig.cmake adds all that
# libtorch was built with, such as protobuf), and only include folders that the compiler does not search anyway
# (Debian's names /usr/include in a roundabout way).
set(JTR_TORCH_LIBRARIES)
foreach(target torch torch_cpu c10)
  jtr_library_of(${target} library)
  list(APPEND JTR_TORCH_LIBRARIES "${library}")
endforeach()
set(JTR_TORCH_HAS_CUDA OFF)
if(TARGET torch_cuda)
  set(JTR_TORCH_HAS_CUDA ON)
  foreach(target torch_cuda c10_cuda)
    jtr_library_of(${target} library)
    list(APPEND JTR_TORCH_LIBRARIES "${library}")
  endforeach()
endif()

jtr_include_folders(JTR_TORCH_INCLUDES ${TORCH_INCLUDE_DIRS})
jtr_cxx_standard("${Torch_VERSION}" JTR_CXX_STANDARD)

jtr_library_of(torch_cpu JTR_TORCH_CPU)
get_filename_component(JTR_TORCH_DIR "${JTR_TORCH_CPU}" DIRECTORY)
set(JTR_TORCH_RPATH "")
if(NOT JTR_TORCH_DIR IN_LIST CMAKE_CXX_IMPLICIT_LINK_DIRECTORIES AND NOT JTR_TORCH_DIR MATCHES "^(/usr)?/lib")
  set(JTR_TORCH_RPATH "${JTR_TORCH_DIR}")
endif()

jtr_openmp_of("${JTR_TORCH_CPU}" JTR_TORCH_OPENMP_NAME)
jtr_openmp_problem("${CMAKE_CXX_COMPILER_ID}" "${JTR_TORCH_OPENMP_NAME}" JTR_OPENMP_PROBLEM)
if(JTR_OPENMP_PROBLEM)
  message(FATAL_ERROR "${JTR_OPENMP_PROBLEM}.")
endif()

# at::parallel_for is a template over OpenMP, and serial without -fopenmp. It must run in the OpenMP library that
# libtorch runs in, so that one thread pool serves both and at::set_num_threads governs both: libtorch's packages
# bring their own copy of it under a changed name, Debian's uses the system's.
find_package(OpenMP QUIET COMPONENTS CXX)
if(NOT OpenMP_CXX_FOUND)
  jtr_missing("OpenMP for ${CMAKE_CXX_COMPILER}" APT g++ OTHER "use a compiler that has OpenMP, such as g++")
endif()
set(JTR_OPENMP_LIBRARIES ${OpenMP_CXX_LIBRARIES})
list(FILTER JTR_OPENMP_LIBRARIES INCLUDE REGEX "omp")
if(JTR_TORCH_RPATH)
  file(GLOB JTR_TORCH_OPENMP "${JTR_TORCH_DIR}/libgomp*.so*" "${JTR_TORCH_DIR}/libiomp5.so")
  if(JTR_TORCH_OPENMP)
    list(GET JTR_TORCH_OPENMP 0 JTR_OPENMP_LIBRARIES)
  endif()
endif()

add_library(jtr_torch INTERFACE)
target_include_directories(jtr_torch SYSTEM INTERFACE ${JTR_TORCH_INCLUDES})
separate_arguments(JTR_TORCH_FLAGS UNIX_COMMAND "${TORCH_CXX_FLAGS}")
separate_arguments(JTR_OPENMP_FLAGS UNIX_COMMAND "${OpenMP_CXX_FLAGS}")
target_compile_options(jtr_torch INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:${JTR_TORCH_FLAGS}> $<$<COMPILE_LANGUAGE:CXX>:${JTR_OPENMP_FLAGS}>)
# libtorch's libraries find those that they need themselves when they are loaded; the linker need not.
target_link_options(jtr_torch INTERFACE "LINKER:--allow-shlib-undefined")
# libtorch registers its kernels, and its CUDA half, when it is loaded: keep each library even where we call none of it.
target_link_libraries(jtr_torch INTERFACE
    "-Wl,--push-state,--no-as-needed" ${JTR_TORCH_LIBRARIES} "-Wl,--pop-state" ${JTR_OPENMP_LIBRARIES})

message(STATUS "libtorch: ${Torch_VERSION} in ${JTR_TORCH_DIR}")
