# Whether the communicator c10d can be built: libtorch's c10d with Gloo, whose header asks for Gloo's own, and NCCL.
#
# Debian's libtorch-dev wants libgloo-dev beside it. Of Gloo's types only pointers pass through that header, so another
# version of Gloo than libtorch was built with does no harm. Sets JTR_WITH_C10D and JTR_WITH_NCCL.
set(JTR_C10D "AUTO" CACHE STRING "The communicator c10d: AUTO builds it where its headers are; ON wants them; OFF")
set_property(CACHE JTR_C10D PROPERTY STRINGS AUTO ON OFF)

set(JTR_WITH_C10D OFF)
set(JTR_WITH_NCCL OFF)
if(NOT JTR_C10D STREQUAL "OFF")
  set(folders ${JTR_TORCH_INCLUDES} ${CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES} /usr/include)
  find_path(JTR_C10D_INCLUDE torch/csrc/distributed/c10d/ProcessGroupGloo.hpp PATHS ${folders})
  find_path(JTR_GLOO_INCLUDE gloo/algorithm.h PATHS ${folders})
  if(JTR_C10D_INCLUDE AND JTR_GLOO_INCLUDE)
    set(JTR_WITH_C10D ON)
  elseif(JTR_C10D STREQUAL "ON")
    include(JtrMissing)
    jtr_missing("the headers of libtorch's c10d (${JTR_C10D_INCLUDE}) and of Gloo (${JTR_GLOO_INCLUDE})" APT libgloo-dev
        OTHER "name the folder that holds gloo/algorithm.h with -DJTR_GLOO_INCLUDE=<folder>")
  endif()
  find_path(JTR_NCCL_INCLUDE nccl.h PATHS ${folders} ${JTR_CUDA_INCLUDES})
  if(JTR_WITH_C10D AND JTR_TORCH_HAS_CUDA AND JTR_NCCL_INCLUDE)
    set(JTR_WITH_NCCL ON)
  endif()
endif()
set_property(SOURCE native/src/parallel/c10d.cpp APPEND PROPERTY COMPILE_DEFINITIONS
    JTR_WITH_C10D=$<BOOL:${JTR_WITH_C10D}> JTR_WITH_NCCL=$<BOOL:${JTR_WITH_NCCL}>)
if(JTR_WITH_C10D)
  set_property(SOURCE native/src/parallel/c10d.cpp APPEND PROPERTY INCLUDE_DIRECTORIES "${JTR_GLOO_INCLUDE}")
endif()
message(STATUS "c10d: ${JTR_WITH_C10D}, NCCL: ${JTR_WITH_NCCL}")
