# What the venue owes, of random venues.
add_executable(dcx_liabilities_test ${CMAKE_CURRENT_SOURCE_DIR}/liabilities_venue_test.cpp)
target_link_libraries(dcx_liabilities_test PRIVATE dcx_reference dcx_proof dcx_options)
dcx_tests(dcx_liabilities_test)
