//! The system's browser, found as the system finds it.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::browser::{Browser, NoBrowser};
use crate::ports::BoxFuture;

/// The browser that the system opens addresses with: `xdg-open` on Linux and the like, `open` on macOS, `rundll32` on
/// Windows, and Windows' own from within WSL.
///
/// Without a display, over ssh and in a container it says that there is none. macOS and Windows are untested.
#[derive(Clone, Copy, Debug, Default)]
#[expect(clippy::exhaustive_structs, reason = "a name is all there is to it")]
pub struct SystemBrowser;

impl Browser for SystemBrowser {
    fn open<'a>(&'a self, address: &'a str) -> BoxFuture<'a, Result<(), NoBrowser>> {
        Box::pin(async move {
            check(address)?;
            let Ways { programs, refused } = ways_of_system()?;
            for program in programs {
                if run(program, address).await {
                    return Ok(());
                }
            }
            Err(refused)
        })
    }
}

/// An address is given to programs that look at it: nothing but an https URL, or an http one of this machine, without a
/// character that any of them could take for something else.
fn check(address: &str) -> Result<(), NoBrowser> {
    let is_plain = address.bytes().all(|byte| {
        byte.is_ascii_graphic()
            && !matches!(
                byte,
                b'"' | b'\'' | b'`' | b'\\' | b'<' | b'>' | b'^' | b'|'
            )
    });
    let is_web = address.starts_with("https://")
        || ["http://localhost", "http://127.0.0.1", "http://[::1]"]
            .iter()
            .filter_map(|host| address.strip_prefix(host))
            .any(|rest| rest.starts_with([':', '/']));
    match is_plain && is_web {
        true => Ok(()),
        false => Err(NoBrowser::Address),
    }
}

/// What the way to a browser depends on.
struct Surroundings<'a> {
    variable: &'a dyn Fn(&str) -> Option<OsString>,
    exists: &'a dyn Fn(&str) -> bool,
}

impl Surroundings<'_> {
    fn has(&self, variable: &str) -> bool {
        (self.variable)(variable).is_some()
    }

    fn is_container(&self) -> bool {
        ["/.dockerenv", "/run/.containerenv"]
            .iter()
            .any(|path| (self.exists)(path))
            || self.has("KUBERNETES_SERVICE_HOST")
    }
}

/// A program, the arguments before the address, and an exit code besides 0 that means success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Program {
    name: &'static str,
    arguments: &'static [&'static str],
    also_good: Option<i32>,
}

/// The programs to try, and what to say when none of them works.
#[derive(Debug, PartialEq, Eq)]
struct Ways {
    programs: Vec<Program>,
    refused: NoBrowser,
}

fn ways_of_system() -> Result<Ways, NoBrowser> {
    let surroundings = Surroundings {
        variable: &|name| std::env::var_os(name).filter(|value| !value.is_empty()),
        exists: &|path| Path::new(path).exists(),
    };
    ways(std::env::consts::OS, &surroundings)
}

fn ways(system: &str, surroundings: &Surroundings<'_>) -> Result<Ways, NoBrowser> {
    let program = |name, arguments| Program {
        name,
        arguments,
        also_good: None,
    };
    let (programs, refused) = match system {
        "macos" => (vec![program("/usr/bin/open", &[][..])], NoBrowser::Failed),
        // Not `cmd /c start`, which is a shell.
        "windows" => (
            vec![program("rundll32.exe", &["url.dll,FileProtocolHandler"])],
            NoBrowser::Failed,
        ),
        _ if surroundings.has("WSL_DISTRO_NAME") => (
            vec![
                program("wslview", &[]),
                // It ends with 1 when it has opened the address.
                Program {
                    also_good: Some(1),
                    ..program("explorer.exe", &[])
                },
                program("xdg-open", &[]),
            ],
            NoBrowser::Wsl,
        ),
        _ if surroundings.has("DISPLAY") || surroundings.has("WAYLAND_DISPLAY") => {
            (vec![program("xdg-open", &[])], NoBrowser::Failed)
        }
        // `xdg-open` would start a browser for text in the terminal, which no sign-in page works in.
        _ if surroundings.has("SSH_CONNECTION") || surroundings.has("SSH_TTY") => {
            return Err(NoBrowser::Ssh);
        }
        _ if surroundings.is_container() => return Err(NoBrowser::Container),
        _ => return Err(NoBrowser::Display),
    };
    Ok(Ways { programs, refused })
}

/// Whether the program took the address. One that is still there after a while is the browser itself.
async fn run(program: Program, address: &str) -> bool {
    let mut command = Command::new(program.name);
    command
        .args(program.arguments)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let Ok(child) = command.spawn() else {
        return false;
    };
    match tokio::time::timeout(PATIENCE, exit_code(child)).await {
        Ok(code) => code == Some(0) || code.is_some() && code == program.also_good,
        Err(_still_running) => true,
    }
}

/// A thread waits, so that no ended process stays behind when nobody waits any more.
async fn exit_code(mut child: Child) -> Option<i32> {
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let code = child.wait().ok().and_then(|status| status.code());
        let _nobody_waits_any_more = tell.send(code);
    });
    told.await.ok().flatten()
}

/// How long a program may take to say that it cannot.
const PATIENCE: Duration = Duration::from_secs(3);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_browser_depends_on_where_the_program_runs() {
        use NoBrowser::{Container, Display, Failed, Ssh, Wsl};
        for (system, variables, files, expected) in [
            (
                "linux",
                &["DISPLAY"][..],
                &[][..],
                Ok((&["xdg-open"][..], Failed)),
            ),
            (
                "linux",
                &["WAYLAND_DISPLAY", "SSH_TTY"],
                &[],
                Ok((&["xdg-open"], Failed)),
            ),
            (
                "linux",
                &["DISPLAY"],
                &["/.dockerenv"],
                Ok((&["xdg-open"], Failed)),
            ),
            ("linux", &["SSH_CONNECTION"], &[], Err(Ssh)),
            ("linux", &["SSH_TTY"], &["/.dockerenv"], Err(Ssh)),
            ("linux", &[], &["/.dockerenv"], Err(Container)),
            ("linux", &[], &["/run/.containerenv"], Err(Container)),
            ("linux", &["KUBERNETES_SERVICE_HOST"], &[], Err(Container)),
            ("linux", &[], &[], Err(Display)),
            ("freebsd", &["DISPLAY"], &[], Ok((&["xdg-open"], Failed))),
            (
                "linux",
                &["WSL_DISTRO_NAME"],
                &[],
                Ok((&["wslview", "explorer.exe", "xdg-open"], Wsl)),
            ),
            ("macos", &[], &[], Ok((&["/usr/bin/open"], Failed))),
            ("windows", &[], &[], Ok((&["rundll32.exe"], Failed))),
        ] {
            let surroundings = Surroundings {
                variable: &|name| variables.contains(&name).then(|| "x".into()),
                exists: &|path| files.contains(&path),
            };
            let found = ways(system, &surroundings);
            let found = found.map(|ways| {
                let names: Vec<_> = ways.programs.iter().map(|program| program.name).collect();
                (names, ways.refused)
            });
            let expected = expected.map(|(names, refused)| (names.to_vec(), refused));
            assert_eq!(found, expected, "{system} {variables:?} {files:?}");
        }
    }

    #[test]
    fn nothing_but_a_web_address_is_opened() {
        for good in [
            "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?client_id=a&scope=b+c%20d",
            "http://localhost:8443/x",
            "http://127.0.0.1:1/",
            "http://[::1]:1/",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "-x",
            "--version",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "http://evil.example/",
            "http://localhost.evil.example/",
            "http://localhost@evil.example/",
            "https://x/\r\ny",
            "https://x/ y",
            "https://x/\"&calc",
            "https://x/'y",
            "https://x/`id`",
            "https://x/\0",
            "https://x/\u{e9}",
        ] {
            assert_eq!(check(bad), Err(NoBrowser::Address), "{bad:?}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_that_fails_or_is_not_there_is_no_browser() {
        let program = |name| Program {
            name,
            arguments: &[],
            also_good: None,
        };
        let also = Program {
            also_good: Some(1),
            ..program("false")
        };
        for (program, expected) in [
            (program("true"), true),
            (program("false"), false),
            (also, true),
            (program("no-such-program-of-this-test"), false),
        ] {
            assert_eq!(
                run(program, "https://x.example/").await,
                expected,
                "{program:?}"
            );
        }
    }
}
