//! Signing in with a password, which is read from standard input.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read};

use msal::{AuthenticationResult, Password, PublicClientApplication};
use msal_core::SecretBuffer;
use tokio::sync::oneshot;

use super::refusal;
use crate::error::Failure;
use crate::output::Printer;
use crate::outside::Outside;

pub(super) async fn sign_in(
    application: &PublicClientApplication,
    username: &str,
    scopes: &[String],
    printer: &Printer,
) -> Result<AuthenticationResult, Failure> {
    let password = ask(username, printer).await?;
    let result = application
        .acquire_token_by_username_password(username, password, scopes)
        .await;
    result.map_err(refusal::explained)
}

/// Reads the password, on a thread of its own: who gives up waiting for it must not wait for the end of the line. On a
/// terminal, it is not shown.
async fn ask(username: &str, printer: &Printer) -> Result<Password, Failure> {
    let terminal = match io::stdin().is_terminal() {
        true => {
            let hidden = Hidden::begin().map_err(|error| unreadable(&error))?;
            let prompt = Prompt(printer);
            printer.prompt(&format!("Password for {}: ", Outside(username)));
            Some((hidden, prompt))
        }
        false => None,
    };
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let _nobody_waits_any_more = tell.send(standard_input().and_then(read_line));
    });
    let read = told
        .await
        .unwrap_or_else(|gone| Err(io::Error::other(gone)));
    drop(terminal);
    let line = read.map_err(|error| unreadable(&error))?;
    match line.is_empty() {
        true => Err(Failure::usage(
            "there is no password on standard input",
            "pipe it into the command, or type it where it is asked for",
        )),
        false => Ok(Password::new(line)),
    }
}

/// A line that something is asked on. It ends when this is dropped, as the terminal does not show how it was ended.
struct Prompt<'a>(&'a Printer);

impl Drop for Prompt<'_> {
    fn drop(&mut self) {
        self.0.prompt("\n");
    }
}

/// The first line, without its end.
fn read_line(mut input: File) -> io::Result<String> {
    let mut line = SecretBuffer::with_capacity(LONGEST + 1);
    let mut byte = [0];
    while line.len() <= LONGEST && input.read(&mut byte)? == 1 && byte != *b"\n" {
        line.push(byte[0]);
    }
    if line.len() > LONGEST {
        return Err(io::Error::other(format!(
            "the first line has more than {LONGEST} bytes"
        )));
    }
    let text = std::str::from_utf8(&line);
    // Without the bytes, which an error would show.
    let text = text.map_err(|_not_shown| io::Error::other("it is not UTF-8"))?;
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}

/// Standard input without the buffer of the standard library, in which the password would stay.
#[cfg(unix)]
fn standard_input() -> io::Result<File> {
    use std::os::fd::AsFd as _;
    Ok(File::from(io::stdin().as_fd().try_clone_to_owned()?))
}

#[cfg(windows)]
fn standard_input() -> io::Result<File> {
    use std::os::windows::io::AsHandle as _;
    Ok(File::from(io::stdin().as_handle().try_clone_to_owned()?))
}

/// A terminal that does not show what is typed, until this is dropped.
#[cfg(unix)]
struct Hidden(rustix::termios::Termios);

#[cfg(unix)]
impl Hidden {
    fn begin() -> io::Result<Self> {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

        let shown = tcgetattr(io::stdin())?;
        let mut hidden = shown.clone();
        hidden
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL);
        hidden
            .local_modes
            .insert(LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(io::stdin(), OptionalActions::Flush, &hidden)?;
        Ok(Self(shown))
    }
}

#[cfg(unix)]
impl Drop for Hidden {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        // A terminal that is gone shows nothing.
        let _gone = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}

/// No way is known here to keep what is typed off the screen.
#[cfg(not(unix))]
struct Hidden;

#[cfg(not(unix))]
impl Hidden {
    fn begin() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::usage(
        format!("cannot read the password from standard input: {error}"),
        "pipe it into the command: pass show NAME | msal login …",
    )
}

/// Entra's passwords have 256 characters at most.
const LONGEST: usize = 4096;

#[cfg(all(test, unix))]
mod tests {
    use std::io::{Seek as _, Write as _};

    use super::*;

    fn line_of(input: &[u8]) -> io::Result<String> {
        let mut file = tempfile::tempfile()?;
        file.write_all(input)?;
        file.rewind()?;
        read_line(file)
    }

    #[test]
    fn the_first_line_is_the_password() {
        for (input, password) in [
            (&b"pa ss"[..], "pa ss"),
            (b"pass\n", "pass"),
            (b"pass\r\n", "pass"),
            (b" pass \nmore\n", " pass "),
            ("pässwörd\n".as_bytes(), "pässwörd"),
            (b"\n", ""),
            (b"", ""),
        ] {
            assert_eq!(line_of(input).unwrap(), password);
        }
        assert_eq!(line_of(&[b'a'; LONGEST]).unwrap().len(), LONGEST);
    }

    #[test]
    fn what_cannot_be_a_password_is_refused_and_not_repeated() {
        for input in [&[b'a'; LONGEST + 1][..], b"secret\xff\n"] {
            let error = line_of(input).unwrap_err().to_string();
            assert!(
                !error.contains("secret") && !error.contains("aa"),
                "{error}"
            );
        }
    }
}
