# jtr_missing(<what> APT <packages...> OTHER <advice>)
#
# Stops the configuration with a message that says what is missing and the command that mends it.
function(jtr_missing what)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "OTHER" "APT")
  list(JOIN ARG_APT " " packages)
  find_program(JTR_APT_GET apt-get)
  mark_as_advanced(JTR_APT_GET)
  set(text "Missing: ${what}.\n")
  if(JTR_APT_GET)
    string(APPEND text "On this machine, run:\n    apt-get install --no-install-recommends ${packages}\n"
        "(as root, or with sudo), or ./build.sh, which does it.\n")
    string(APPEND text "Or ${ARG_OTHER}.")
  else()
    string(APPEND text "To mend it, ${ARG_OTHER}.")
  endif()
  message(FATAL_ERROR "${text}")
endfunction()
