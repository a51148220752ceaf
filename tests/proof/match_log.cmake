# The public match log of random venues, true and false.
file(GLOB match_log_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/match_*.cpp)
add_executable(dcx_match_log_test ${match_log_sources} ${CMAKE_CURRENT_LIST_DIR}/published_log.cpp)
target_link_libraries(dcx_match_log_test PRIVATE dcx_reference dcx_proof dcx_options)
dcx_tests(dcx_match_log_test COST 50)
