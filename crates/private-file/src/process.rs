//! Who left a lock file behind.

use std::time::Duration;

use crate::os;

/// Whether the process `pid` runs and may have made a file `age` ago. An equal number given to a later process, as
/// happens when a container restarts, does not count.
///
/// For lock files that say who made them. In doubt the process runs. On systems other than Unix, which are not asked,
/// it is believed to run for five seconds.
pub fn is_alive(pid: u32, age: Duration) -> bool {
    os::is_alive(pid, age)
}
