//! Signing in at a browser of this machine, or at one that the user opens.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use msal::{
    AuthenticationResult, BoxFuture, Browser, NoBrowser, PublicClientApplication, SystemBrowser,
};
use serde_json::json;

use super::refusal;
use super::waiting::Waiting;
use crate::cli::LoginArgs;
use crate::error::Failure;
use crate::output::Printer;

pub(super) async fn sign_in(
    application: &PublicClientApplication,
    arguments: &LoginArgs,
    scopes: &[String],
    printer: &Printer,
) -> Result<AuthenticationResult, Failure> {
    let limit = Duration::from_secs(arguments.timeout);
    let waiting = Arc::new(Waiting::new(*printer, limit));
    let browser = Arc::new(Told {
        is_wanted: !arguments.no_browser,
        why_not: Mutex::new(None),
        printer: *printer,
        waiting: Arc::clone(&waiting),
    });
    let show = {
        let (browser, waiting) = (Arc::clone(&browser), Arc::clone(&waiting));
        move |address: &str| {
            browser.show(address);
            waiting.begin();
        }
    };
    let mut call = application
        .acquire_token_interactive(scopes)
        .browser(browser)
        .without_browser(show)
        .time_limit(limit);
    if let Some(port) = arguments.port {
        call = call.port(port);
    }
    if let Some(name) = &arguments.login_hint {
        call = call.login_hint(name);
    }
    if let Some(asked) = arguments.prompt {
        call = call.prompt(asked.into());
    }
    let result = call.await;
    waiting.end();
    result.map_err(refusal::explained)
}

/// The system's browser, and what the person at the terminal is told of it.
#[derive(Debug)]
struct Told {
    is_wanted: bool,
    why_not: Mutex<Option<NoBrowser>>,
    printer: Printer,
    waiting: Arc<Waiting>,
}

impl Browser for Told {
    fn open<'a>(&'a self, address: &'a str) -> BoxFuture<'a, Result<(), NoBrowser>> {
        Box::pin(async move {
            // Which error it is makes no difference: the address is shown.
            if !self.is_wanted {
                return Err(NoBrowser::Display);
            }
            // The answer may be there before it is known that a browser was opened.
            self.printer.say(
                "Opening a browser: sign in there.\nIf none appears, stop this with Ctrl-C and add --no-browser.",
            );
            let opened = SystemBrowser.open(address).await;
            match opened {
                Ok(()) => self.waiting.begin(),
                Err(none) => {
                    let mut why_not = self.why_not.lock().unwrap_or_else(PoisonError::into_inner);
                    *why_not = Some(none);
                }
            }
            opened
        })
    }
}

impl Told {
    /// Has the user open the address.
    fn show(&self, address: &str) {
        let why_not = *self.why_not.lock().unwrap_or_else(PoisonError::into_inner);
        let port = port_of(address);
        let advice = advice(why_not, port);
        let told = json!({ "open": address, "port": port, "hint": advice });
        let lead = match why_not {
            Some(_) => "No browser could be opened. Open this address in one to sign in:",
            None => "Open this address in a browser to sign in:",
        };
        let text = format!("{lead}\n\n{address}\n\n{advice}");
        self.printer.instruct(&text, &told);
    }
}

/// What to do where no browser was opened.
fn advice(why_not: Option<NoBrowser>, port: u16) -> String {
    let forward = format!("ssh -L {port}:localhost:{port} HOST");
    match why_not {
        Some(NoBrowser::Ssh) => format!(
            "There is no browser over ssh. First forward the port, on the machine that you\nsit at: {forward}\n{INSTEAD}"
        ),
        Some(NoBrowser::Container) => format!(
            "There is no browser in this container, whose localhost:{port} is not that of your\n\
             machine: the address works only where that port leads here.\n{INSTEAD}"
        ),
        Some(NoBrowser::Wsl) => format!(
            "Windows opened no browser for WSL. Open the address in Windows, whose localhost\nis that of WSL. To have it \
             opened, install wslu (wslview) or allow Windows\nprograms in /etc/wsl.conf.\n{INSTEAD}"
        ),
        Some(NoBrowser::Display) => format!(
            "There is no display here. To use the browser of another machine, first forward\nthe port on that one: \
             {forward}\n{INSTEAD}"
        ),
        Some(_) => {
            format!("The system opened no browser: it may have no default one.\n{INSTEAD}")
        }
        None => format!(
            "It works where localhost:{port} is this machine. From another one, first forward\nthe port: {forward}"
        ),
    }
}

const INSTEAD: &str = "Or stop this with Ctrl-C, and add --device-code.";

/// The port that the browser comes back to: that of the redirect URI in the address.
fn port_of(address: &str) -> u16 {
    let port = address
        .split_once("redirect_uri=http%3A%2F%2Flocalhost%3A")
        .map_or("", |(_, rest)| rest.split('&').next().unwrap_or_default());
    port.parse().unwrap_or_default()
}
