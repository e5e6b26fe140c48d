# cmake -DFROM=<file> -DTO=<file> -P JtrCopyArtifact.cmake
#
# Copies the library to where the managed side loads it, unless the same is there. It is copied beside its place and
# renamed into it: a process that has the old library mapped keeps the old file.
file(SHA256 "${FROM}" from)
set(to "")
if(EXISTS "${TO}")
  file(SHA256 "${TO}" to)
endif()
if(NOT from STREQUAL to)
  get_filename_component(folder "${TO}" DIRECTORY)
  file(MAKE_DIRECTORY "${folder}")
  file(COPY_FILE "${FROM}" "${TO}.new")
  file(RENAME "${TO}.new" "${TO}")
  message(STATUS "Copied ${FROM} to ${TO}")
endif()
