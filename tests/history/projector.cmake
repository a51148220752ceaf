# The projector, with a store that anything happens to; beside an engine on threads.
add_executable(dcx_projector_test projector_test.cpp projector_engine_test.cpp memory_store.cpp
  ${CMAKE_SOURCE_DIR}/src/app/event_ring_work.cpp ${CMAKE_SOURCE_DIR}/src/app/mirror_work.cpp
  ${CMAKE_SOURCE_DIR}/src/app/history_source.cpp)
target_link_libraries(dcx_projector_test PRIVATE dcx_naive_history dcx_reference dcx_engine dcx_feed dcx_core dcx_options)
dcx_tests(dcx_projector_test COST 30)
