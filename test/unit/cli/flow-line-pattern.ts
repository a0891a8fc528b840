/** What SnabbWall's own test program accepts as a flow line. */
export const flowLinePattern =
  /^0x[0-9a-f]{8,16} +\d+p +\S+:\d+ +- +\S+:\d+ +[A-Z0-9_]+(:[A-Z0-9_]+)?$/;
