# What is made of schema/dcx-order-entry.xml: headers and Wireshark's dissector in the build folder, the Python codec where
# its package wants it (clients/python/dcx/messages.py, ignored by git; the same whichever build makes it).

set(generator ${CMAKE_SOURCE_DIR}/scripts/sbe/generate.py)
set(schema ${CMAKE_SOURCE_DIR}/schema/dcx-order-entry.xml)
file(GLOB generator_parts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/scripts/sbe/*)
set(DCX_GENERATED ${CMAKE_BINARY_DIR}/generated)

# dcx_generate(what file): `generate.py what`; the file is touched only when its content changes.
function(dcx_generate what file)
  add_custom_command(OUTPUT ${file}
    COMMAND ${CMAKE_COMMAND} -E env PYTHONDONTWRITEBYTECODE=1 ${DCX_PYTHON} ${generator} ${what} --out ${file}
    DEPENDS ${schema} ${generator_parts} VERBATIM)
endfunction()

dcx_generate(cpp ${DCX_GENERATED}/dcx/order_entry_messages.h)
dcx_generate(cpp-check ${DCX_GENERATED}/dcx/order_entry_check.h)
dcx_generate(lua ${DCX_GENERATED}/dcx/dcx.lua)
dcx_generate(python ${CMAKE_SOURCE_DIR}/clients/python/dcx/messages.py)
add_custom_target(dcx_schema ALL DEPENDS
  ${DCX_GENERATED}/dcx/order_entry_messages.h ${DCX_GENERATED}/dcx/order_entry_check.h ${DCX_GENERATED}/dcx/dcx.lua
  ${CMAKE_SOURCE_DIR}/clients/python/dcx/messages.py)

# For who includes <dcx/order_entry_messages.h>.
add_library(dcx_messages INTERFACE)
target_include_directories(dcx_messages INTERFACE ${DCX_GENERATED})
add_dependencies(dcx_messages dcx_schema)
