//! What the machine does not let happen: full disks, closed outputs, files that cannot be read, wrong clocks.

use std::fs;
use std::os::unix::fs::symlink;

use super::{MISTAKE, Mistake, make_all, path, remove};

#[test]
fn machine() {
    make_all(MACHINE);
}

const MACHINE: &[Mistake] = &[
    Mistake {
        what: "the disk is full from the start",
        shell: "trap '' XFSZ; ulimit -f 0",
        status: 1,
        says: &["cache.json", "File too large"],
        ..MISTAKE
    },
    Mistake {
        what: "standard output is full",
        shell: "exec >/dev/full",
        status: 1,
        says: &[
            "cannot write to standard output",
            "the command has done its work",
        ],
        spent: 2,
        ..MISTAKE
    },
    Mistake {
        what: "the input cannot be read",
        typed: "run /proc/self/mem --to cache.json {server}",
        status: 1,
        says: &["/proc/self/mem"],
        ..MISTAKE
    },
    Mistake {
        what: "the input is a folder with nothing in it",
        before: |bench| fs::create_dir(path(bench, "empty")).unwrap(),
        typed: "run empty --to cache.json {server}",
        status: 1,
        says: &["empty"],
        ..MISTAKE
    },
    Mistake {
        what: "the journal is a link",
        before: |bench| symlink("/etc/hostname", path(bench, "cache.json.journal")).unwrap(),
        status: 1,
        says: &["cache.json.journal"],
        after: |bench| remove(bench, "cache.json.journal"),
        ..MISTAKE
    },
    Mistake {
        what: "the folder of the target may be written by others",
        before: |bench| {
            let shared = path(bench, "shared");
            fs::create_dir(&shared).unwrap();
            super::chmod(&fs::File::open(shared).unwrap(), 0o777);
        },
        typed: "run input.jsonl --to shared/cache.json {server}",
        status: 1,
        says: &["shared", "chmod go-w"],
        ..MISTAKE
    },
];
