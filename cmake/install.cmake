# What goes onto a machine: the program with manual pages, completion and scenarios, and the models as
# static libraries with headers and a pkg-config file.  `cpack -G DEB` in a build folder of the preset
# "package" makes the Debian packages of it: one for everybody, students among them, and one for instructors
# with what students must not see (tests/labs/test_packages.sh).
include(GNUInstallDirs)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME orrery)

# Manual pages and completion say what --help says: they are made from it.
set(MANUAL ${CMAKE_BINARY_DIR}/manual)
add_custom_command(OUTPUT ${MANUAL}/orrery.1 ${MANUAL}/orrery.bash
  COMMAND ${CMAKE_SOURCE_DIR}/cmake/make-manual $<TARGET_FILE:orrery> ${MANUAL} ${PROJECT_VERSION}
  DEPENDS orrery ${CMAKE_SOURCE_DIR}/cmake/make-manual VERBATIM)
add_custom_target(manual ALL DEPENDS ${MANUAL}/orrery.1)
install(DIRECTORY ${MANUAL}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
install(FILES ${MANUAL}/orrery.bash RENAME orrery
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)

install(TARGETS orrery RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/scenarios DESTINATION ${CMAKE_INSTALL_DATADIR}/orrery OPTIONAL)
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

# Hidden tests, reference solutions and planted mistakes of the labs (sim/cli/lab/course.h: orr_lab_place).
install(DIRECTORY ${CMAKE_SOURCE_DIR}/tests/labs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/orrery/labs-hidden
        COMPONENT instructor OPTIONAL
        FILES_MATCHING PATTERN "*.yaml" PATTERN "*.c" PATTERN "wrong.py" PATTERN "__pycache__" EXCLUDE)

# The models, for other programs.  Include paths stay as they are here: "models/protocol.h".
install(TARGETS orrery-base orrery-models ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET orrery-vm)
  install(TARGETS orrery-vm ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  set(LIBS_VM "-lorrery-vm")
endif()
if(TARGET orrery-evm)
  install(TARGETS orrery-evm LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
install(DIRECTORY ${CMAKE_SOURCE_DIR}/models DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/orrery
        FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
# What a plug-in that brings oracles includes beside.
install(FILES ${CMAKE_SOURCE_DIR}/sim/check/verdict.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/orrery/sim/check)
install(FILES ${CMAKE_SOURCE_DIR}/sim/cli/lab/evm.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/orrery/sim/cli/lab)
install(FILES ${CMAKE_SOURCE_DIR}/sim/engine/tap.h ${CMAKE_SOURCE_DIR}/sim/engine/oracle.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/orrery/sim/engine)
configure_file(${CMAKE_SOURCE_DIR}/cmake/orrery-models.pc.in ${CMAKE_BINARY_DIR}/orrery-models.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/orrery-models.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "The Orrery authors")
set(CPACK_PACKAGE_CONTACT "The Orrery authors <orrery@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_COMPONENTS_ALL orrery instructor)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_ORRERY_PACKAGE_NAME orrery)
set(CPACK_DEBIAN_INSTRUCTOR_PACKAGE_NAME orrery-instructor)
set(CPACK_DEBIAN_INSTRUCTOR_PACKAGE_DEPENDS orrery)
set(CPACK_DEBIAN_INSTRUCTOR_DESCRIPTION "Hidden tests and solutions of the labs of Orrery")
set(CPACK_DEBIAN_ORRERY_PACKAGE_SHLIBDEPS ON) # the libraries that the program was linked to
find_program(DPKG_QUERY dpkg-query)
if(DPKG_QUERY)                                # and those that it opens by itself (sim/base/lazy.def and others)
  foreach(opened ${OPENED_FILES})
    file(REAL_PATH ${opened} opened)
    execute_process(COMMAND ${DPKG_QUERY} -S ${opened} OUTPUT_VARIABLE owner ERROR_QUIET)
    string(REGEX REPLACE "[:,].*" "" owner "${owner}")
    list(APPEND owners ${owner})
  endforeach()
  list(REMOVE_DUPLICATES owners)
  list(JOIN owners ", " CPACK_DEBIAN_ORRERY_PACKAGE_DEPENDS)
endif()
set(CPACK_DEBIAN_ORRERY_PACKAGE_RECOMMENDS "gnuplot-nox, gcc, libc6-dev") # orrery plot; labs and ./mine.c
set(CPACK_DEBIAN_ORRERY_PACKAGE_SUGGESTS         # to build against the models library; to read traces
    "libsodium-dev, libsecp256k1-dev, libgmp-dev, libssl-dev, libjansson-dev, libunistring-dev, zlib1g-dev, libbrotli-dev, pkgconf, python3-h5py")
include(CPack)
