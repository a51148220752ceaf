# Balances out of events, and their cache in a real Redis.
add_executable(dcx_balance_book_test balance_book_test.cpp)
target_link_libraries(dcx_balance_book_test PRIVATE dcx_history dcx_reference dcx_core dcx_options)
dcx_tests(dcx_balance_book_test COST 20)

add_executable(dcx_balance_cache_test balance_cache_test.cpp balance_cache_faults_test.cpp balance_reader_test.cpp)
target_link_libraries(dcx_balance_cache_test PRIVATE dcx_history dcx_reference dcx_core dcx_platform dcx_doctest_main dcx_options)
dcx_server_test("balances in Redis" dcx_balance_cache_test SERVERS redis)
