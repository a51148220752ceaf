# What only a PostgreSQL server can do to its store.
add_executable(dcx_postgres_store_test postgres_store_test.cpp)
target_include_directories(dcx_postgres_store_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(dcx_postgres_store_test PRIVATE dcx_history dcx_doctest_main dcx_options)
dcx_server_test("the PostgreSQL store" dcx_postgres_store_test SERVERS postgres)
