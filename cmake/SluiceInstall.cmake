# cmake --install: the headers, find_package(sluice) and pkg-config's sluice.pc. Nothing here depends on the architecture or
# on the place of installation: the tree may be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_DATADIR}/cmake/sluice")
set(pkgconfig_dir "${CMAKE_INSTALL_DATADIR}/pkgconfig")

install(TARGETS sluice EXPORT sluice FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(TARGETS sluice_tasks EXPORT sluice_tasks)
install(TARGETS sluice_verify EXPORT sluice_verify
  FILE_SET HEADERS DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/sluice-verify")
install(EXPORT sluice NAMESPACE sluice:: FILE sluiceTargets.cmake DESTINATION "${package_dir}")
install(EXPORT sluice_tasks NAMESPACE sluice:: FILE sluiceTasksTargets.cmake DESTINATION "${package_dir}")
install(EXPORT sluice_verify NAMESPACE sluice:: FILE sluiceVerifyTargets.cmake DESTINATION "${package_dir}")

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/sluiceConfig.cmake.in" sluiceConfig.cmake
  INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
# While the version is 0.x, a new minor version may break what uses it.
write_basic_package_version_file(sluiceConfigVersion.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/sluiceConfig.cmake" "${CMAKE_CURRENT_BINARY_DIR}/sluiceConfigVersion.cmake"
  DESTINATION "${package_dir}")

file(RELATIVE_PATH pc_to_include "${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
configure_file("${CMAKE_CURRENT_LIST_DIR}/sluice.pc.in" sluice.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/sluice.pc" DESTINATION "${pkgconfig_dir}")

install(FILES "${CMAKE_CURRENT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
