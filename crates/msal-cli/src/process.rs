//! What is settled for the whole process before it holds a secret.

/// Keeps tokens out of core dumps, and the umask from taking files away from their own user.
#[cfg(unix)]
pub(crate) fn harden() {
    use rustix::fs::Mode;
    use rustix::process::{Resource, Rlimit, setrlimit, umask};

    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // To lower a limit is always allowed.
    let _cannot_fail = setrlimit(Resource::Core, none);
    // A system may hand cores to a program of its own whatever the limit is; not those of a process that says no. Nor
    // can another program of this user look into such a process.
    #[cfg(any(target_os = "android", target_os = "linux"))]
    let _cannot_fail =
        rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    // Each file is made with the mode that it should have. A umask that takes more than others' share of it would leave
    // files that the next command cannot open.
    let others = Mode::RWXG | Mode::RWXO;
    let given = umask(others);
    umask(given & others);
}

/// Keeps tokens out of core dumps where that is known how.
#[cfg(not(unix))]
pub(crate) fn harden() {}
