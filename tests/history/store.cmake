# The one list of cases of the stores: against SQLite in every build, against PostgreSQL where its server is installed.
add_executable(dcx_store_test store_test.cpp)
target_include_directories(dcx_store_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(dcx_store_test PRIVATE dcx_history dcx_options)
dcx_tests(dcx_store_test COST 20)
dcx_server_test("one list of store cases: PostgreSQL" dcx_store_test SERVERS postgres STORE postgresql)

add_executable(dcx_sqlite_store_test sqlite_store_test.cpp)
target_include_directories(dcx_sqlite_store_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(dcx_sqlite_store_test PRIVATE dcx_history dcx_options)
dcx_tests(dcx_sqlite_store_test COST 20)
