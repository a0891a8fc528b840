# The native data plane: three static libraries that know no Node, and the addon over them.
# A target's sources are all .cc files of its folder, the rule that test/addon/Makefile follows too.
# nDPI, libpcap and zlib come from the system through pkg-config (PKG_CONFIG_PATH chooses another nDPI).
{
  'target_defaults': {
    'include_dirs': ['addon'],
    'defines': [
      'NAPI_VERSION=8',
      'NAPI_CPP_EXCEPTIONS',
      # No memory or no thread becomes an Error of JavaScript instead of the end of the process.
      'NODE_ADDON_API_CPP_EXCEPTIONS_ALL',
      # A call that fails because its worker thread is being terminated has nobody to tell.
      'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
      # In every command line, so that make compiles everything again for another nDPI.
      'DIPPER_BUILT_FOR_NDPI="<!(pkg-config --modversion libndpi)"',
    ],
    # gyp's own defaults forbid exceptions and RTTI, and newer Node versions ask for a newer C++.
    'cflags!': ['-fno-exceptions'],
    'cflags_cc!': ['-fno-exceptions', '-fno-rtti', '-std=gnu++17', '-std=gnu++20', '-std=gnu++23'],
    'cflags': ['-O3', '-g', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra', '-Wpedantic'],
    # -isystem: nDPI's headers are not clean under -Wpedantic, ours have to be.
    'cflags_cc': [
      '-std=c++17',
      '<!@(pkg-config --cflags "libndpi >= 4.2" libpcap zlib | sed "s/-I/-isystem/g")',
    ],
    'conditions': [['"<!(echo $CI)" == "true"', {'cflags': ['-Werror']}]],
  },
  'targets': [
    {
      'target_name': 'dipper_core',
      'type': 'static_library',
      'product_prefix': 'lib',
      'product_extension': 'a',
      'sources': ['<!@(ls addon/core/*.cc addon/core/dissect/*.cc)'],
    },
    {
      'target_name': 'dipper_sources',
      'type': 'static_library',
      'product_prefix': 'lib',
      'product_extension': 'a',
      'dependencies': ['dipper_core'],
      'sources': ['<!@(ls addon/sources/*.cc)'],
    },
    {
      'target_name': 'dipper_host',
      'type': 'static_library',
      'product_prefix': 'lib',
      'product_extension': 'a',
      'dependencies': ['dipper_core'],
      'sources': ['<!@(ls addon/host/*.cc)'],
    },
    {
      # A program of its own: opens sockets after the daemon has given up its privileges. No Node, no library.
      'target_name': 'dipper-opener',
      'type': 'executable',
      'cflags': ['-fPIE', '-fstack-protector-strong', '-D_FORTIFY_SOURCE=2'],
      'ldflags': ['-pie', '-Wl,-z,relro,-z,now', '-static-libstdc++', '-static-libgcc'],
      'sources': ['<!@(ls addon/opener/*.cc)'],
    },
    {
      'target_name': 'ndpi-node',
      'type': 'loadable_module',
      'dependencies': ['dipper_host', 'dipper_sources', 'dipper_core'],
      'cflags_cc': ['-isystem<!(node -p "path.resolve(require(\'node-addon-api\').include_dir)")'],
      'sources': ['<!@(ls addon/binding/*.cc)'],
      'libraries': ['<!@(pkg-config --libs libndpi libpcap zlib)'],
    },
  ],
}
