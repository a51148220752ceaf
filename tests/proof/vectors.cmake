# Public vectors, where they stand beside the repository.
add_executable(dcx_proof_vectors_test ${CMAKE_CURRENT_SOURCE_DIR}/merkle_vectors_test.cpp
  ${CMAKE_CURRENT_SOURCE_DIR}/crypto_vectors_test.cpp ${CMAKE_CURRENT_SOURCE_DIR}/log_vectors_test.cpp)
target_include_directories(dcx_proof_vectors_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(dcx_proof_vectors_test PRIVATE dcx_proof dcx_options)
dcx_tests(dcx_proof_vectors_test)
