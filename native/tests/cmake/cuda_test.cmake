# Which GPUs, standard and folders a build with CUDA takes; nvcc is not needed for it.
include("${CMAKE_CURRENT_LIST_DIR}/support.cmake")
include(JtrPlatform)

jtr_cuda_architectures(12.4 found)
expect_equal("${found}" "70-real;75-real;80-real;90")
jtr_cuda_architectures(13.0 found)
expect_equal("${found}" "75-real;80-real;90")

foreach(pair "1.13.0 17" "2.6.0 17" "2.12.1 17" "2.13.0 20" "3.0.0 20")
  separate_arguments(pair)
  list(GET pair 0 torch)
  list(GET pair 1 standard)
  jtr_cxx_standard(${torch} found)
  expect_equal("${found}" "${standard}")
endforeach()

string(RANDOM LENGTH 8 name)
set(folder "$ENV{TMPDIR}")
if(NOT folder)
  set(folder /tmp)
endif()
set(folder "${folder}/jtr-cuda-test-${name}")
file(MAKE_DIRECTORY "${folder}/include" "${folder}/cuda/include" "${folder}/torch")

# A folder that the compiler has anyway, under another name, and one that is not there.
set(CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES "${folder}/include")
jtr_include_folders(found "${folder}/torch/../include" "${folder}/cuda/include" "${folder}/none")
expect_equal("${found}" "${folder}/cuda/include")

# Caffe2's files do this to whoever looks for a libtorch with CUDA.
file(WRITE "${folder}/torch/TorchConfig.cmake" "set(CMAKE_CUDA_ARCHITECTURES OFF)\nset(Torch_FOUND TRUE)\nset(from_torch yes)\n")
set(CMAKE_CUDA_ARCHITECTURES 80-real 90)
jtr_find_torch(PATHS "${folder}/torch" NO_DEFAULT_PATH)
file(REMOVE_RECURSE "${folder}")
expect_equal("${from_torch}" "yes")
expect_equal("${CMAKE_CUDA_ARCHITECTURES}" "80-real;90")
