/* dir: a directory on this machine; the reference host that every other one is tested against.
 *
 *   live                                  symbolic link, relative, swapped by rename only (default root/current)
 *   root/releases/ID/                     a release's tree, files 0444, directories 0755;
 *                                         .ID.partial while it is staged, .ID.dead while it is removed
 *   root/.slipway/releases/ID.jsonl       its manifest, renamed into place before the tree is: a release is both
 *   root/.slipway/switches.jsonl, lock    the switch log; the lock (host/dir/lock.h)
 *
