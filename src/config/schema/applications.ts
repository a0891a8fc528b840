// `[applications]`: which definition files name the applications of flows.
import { closed, flag, list, path } from './values.js';

const apply = 'applications';

export const applications = closed(
  {
    enable: flag(true, {
      is: 'Name the application of each flow by definition files.',
      apply,
    }),
    directory: list(
      path(undefined, {
        is: 'Folders whose *.conf files are read by name, later folders override earlier ones; without any, those of the package and then /etc/dipper/applications.d.',
        apply,
        example: '/etc/dipper/applications.d',
      }),
      64,
    ),
    file: list(
      path(undefined, {
        is: 'Definition files that are read after the folders and override them.',
        apply,
        netifyd: 'option -f (3.x, 4.x; one file, instead of the one that is shipped)',
        example: '/etc/netify.d/netify-apps.conf',
      }),
      64,
    ),
    domain_directory: list(
      path(undefined, {
        is: 'Folders of domain lists, {priority}-{category}.txt; without any, those of the package (where its definitions are read) and /etc/dipper/domains.d.',
        apply,
        netifyd: '[netifyd] path_domains (4.x)',
        example: '/etc/dipper/domains.d',
      }),
      64,
    ),
    watch: flag(true, {
      is: 'Read the files again when one of them changes, a folder that comes later included.',
      apply,
    }),
  },
  'Definitions of applications.',
);
