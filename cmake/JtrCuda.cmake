# Decides JTR_WITH_CUDA from JTR_CUDA (AUTO, ON, OFF, COMPILE, EMULATE), nvcc (looked for in JtrTorch.cmake) and libtorch.
#
# COMPILE is for machines with nvcc but without a CUDA libtorch: libjtr is built for the CPU, and besides it the target
# jtr_cuda_kernels compiles and links our kernels, which need nothing of libtorch.
set(JTR_WITH_CUDA OFF)
set(JTR_CUDA_FLAGS --extended-lambda)
file(GLOB JTR_CUDA_SOURCES CONFIGURE_DEPENDS native/src/kernels/cuda/*.cu)
set(JTR_CUDA_INCLUDES "")
# libtorch brings the shared one; a second runtime beside it would have contexts and errors of its own.
set(CMAKE_CUDA_RUNTIME_LIBRARY Shared)
if(JTR_CUDA STREQUAL "OFF")
  message(STATUS "CUDA: off (JTR_CUDA=OFF)")
  return()
endif()

if(JTR_CUDA STREQUAL "EMULATE")
  message(STATUS "CUDA: off; its kernels run on the CPU in jtr_cuda_emulated_tests")
  return()
endif()

if(JTR_CUDA STREQUAL "COMPILE")
  if(NOT CMAKE_CUDA_COMPILER)
    message(FATAL_ERROR "JTR_CUDA=COMPILE, but there is no nvcc; install the CUDA toolkit (Debian, section non-free: "
        "nvidia-cuda-toolkit), or name its compiler with -DCMAKE_CUDA_COMPILER=<path of nvcc>.")
  endif()
  enable_language(CUDA)
  add_library(jtr_cuda_kernels SHARED ${JTR_CUDA_SOURCES})
  target_compile_features(jtr_cuda_kernels PRIVATE cuda_std_17)
  target_compile_options(jtr_cuda_kernels PRIVATE ${JTR_CUDA_FLAGS})
  target_include_directories(jtr_cuda_kernels PRIVATE native/src)
  # Whatever a kernel calls must be in there, for each architecture.
  target_link_options(jtr_cuda_kernels PRIVATE "LINKER:--no-undefined")
  message(STATUS "CUDA: kernels are compiled alone (${CMAKE_CUDA_COMPILER}, architectures ${CMAKE_CUDA_ARCHITECTURES})")
  return()
endif()

if(CMAKE_CUDA_COMPILER AND JTR_TORCH_HAS_CUDA)
  enable_language(CUDA)
  set(CMAKE_CUDA_STANDARD ${JTR_CXX_STANDARD})
  set(JTR_WITH_CUDA ON)
  # libtorch's headers of CUDA, which C++ files of ours include, include the toolkit's.
  jtr_include_folders(JTR_CUDA_INCLUDES ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES})
  message(STATUS "CUDA: on (${CMAKE_CUDA_COMPILER}, architectures ${CMAKE_CUDA_ARCHITECTURES})")
  return()
endif()

if(NOT JTR_TORCH_HAS_CUDA)
  set(why "libtorch at ${JTR_TORCH_DIR} has no CUDA; name one that has with -DLIBTORCH=<folder>")
else()
  string(CONCAT why "no nvcc that works with ${CMAKE_CXX_COMPILER}; install the CUDA toolkit, name its compiler with "
      "-DCMAKE_CUDA_COMPILER=<path of nvcc>, or an older g++ for both with -DCMAKE_CXX_COMPILER")
endif()
if(JTR_CUDA STREQUAL "AUTO")
  message(STATUS "CUDA: off (${why})")
else()
  message(FATAL_ERROR "JTR_CUDA=${JTR_CUDA}, but CUDA cannot be built: ${why}, or configure with -DJTR_CUDA=OFF.")
endif()
