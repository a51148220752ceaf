# The recorder behind an auditor and an engine, as the venue has it.
add_executable(dcx_proof_recorder_test ${CMAKE_CURRENT_SOURCE_DIR}/recorder_test.cpp
  ${CMAKE_CURRENT_SOURCE_DIR}/recorder_kill_test.cpp)
target_include_directories(dcx_proof_recorder_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(dcx_proof_recorder_test PRIVATE dcx_app dcx_proof dcx_engine dcx_options)
dcx_tests(dcx_proof_recorder_test)
