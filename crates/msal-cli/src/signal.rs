//! Being asked to stop.

/// Completes when the user or the system asks the command to stop, or the terminal is gone.
#[cfg(unix)]
pub(crate) async fn stop() {
    use tokio::signal::unix::SignalKind;
    tokio::select! {
        () = received(SignalKind::interrupt()) => {}
        () = received(SignalKind::terminate()) => {}
        () = hung_up() => {}
    }
}

/// Completes when the user asks the command to stop.
#[cfg(not(unix))]
pub(crate) async fn stop() {
    drop(tokio::signal::ctrl_c().await);
}

/// Completes when the user insists: presses Ctrl-C once more, after the command was asked to stop. What comes at the same
/// moment is no second time: a terminal that closes and a program that passes signals on say it twice.
pub(crate) async fn insisted() {
    stop().await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    interrupted().await;
}

#[cfg(unix)]
async fn interrupted() {
    received(tokio::signal::unix::SignalKind::interrupt()).await;
}

#[cfg(not(unix))]
async fn interrupted() {
    drop(tokio::signal::ctrl_c().await);
}

/// Completes when the terminal is gone, unless the command was started to go on without it, as `nohup` does.
#[cfg(unix)]
async fn hung_up() {
    use tokio::signal::unix::SignalKind;
    match is_hangup_ignored() {
        true => std::future::pending().await,
        false => received(SignalKind::hangup()).await,
    }
}

#[cfg(unix)]
async fn received(kind: tokio::signal::unix::SignalKind) {
    match tokio::signal::unix::signal(kind) {
        Ok(mut signal) => drop(signal.recv().await),
        // It does then what it does without anybody waiting for it.
        Err(_unavailable) => std::future::pending().await,
    }
}

/// Whether whoever started the command has said that it ignores SIGHUP. Only Linux tells without asking in `unsafe`
/// code; elsewhere, a command that was started with `nohup` stops as after SIGTERM.
#[cfg(unix)]
fn is_hangup_ignored() -> bool {
    // proc_pid_status(5): a hexadecimal mask, the lowest bit of which is signal 1, SIGHUP.
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let mask = status
                .lines()
                .find_map(|line| line.strip_prefix("SigIgn:"))?;
            u64::from_str_radix(mask.trim(), 16).ok()
        })
        .is_some_and(|mask| mask & 1 == 1)
}
