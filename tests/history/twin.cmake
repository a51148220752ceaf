# The rows of the history against an independent program that makes them: no folder of src/ may see both core and history.
add_library(dcx_naive_history STATIC naive_history.cpp naive_tables.cpp naive_audit.cpp naive_chain.cpp)
target_include_directories(dcx_naive_history PUBLIC ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(dcx_naive_history PUBLIC dcx_history dcx_model dcx_base PRIVATE dcx_options)

add_executable(dcx_history_twin_test twin_test.cpp naive_history_test.cpp impossible_events_test.cpp twin_run.cpp memory_store.cpp)
target_link_libraries(dcx_history_twin_test PRIVATE dcx_naive_history dcx_reference dcx_core dcx_options)
dcx_tests(dcx_history_twin_test COST 50)

add_executable(dcx_history_twin_stores_test twin_stores_test.cpp twin_run.cpp)
target_link_libraries(dcx_history_twin_stores_test PRIVATE dcx_naive_history dcx_reference dcx_core dcx_options)
dcx_tests(dcx_history_twin_stores_test COST 20)
dcx_server_test("the naive twin's rows in PostgreSQL" dcx_history_twin_stores_test SERVERS postgres ARGS "-tc=*PostgreSQL*")

# Makes all rows of a journal anew and compares them with a store's: what the loops of tests/e2e ask after every kill.
add_executable(dcx_history_compare history_compare.cpp)
target_link_libraries(dcx_history_compare PRIVATE dcx_naive_history dcx_engine dcx_options)
