//! Signing users in at the browser of this machine: the receiver is a real one, and whoever connects may be hostile.

use std::future::{pending, poll_fn};
use std::net::Ipv6Addr;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use msal::fakes::FakeBrowser;
use msal::{
    AcquireTokenInteractive, AuthenticationResult, BoxFuture, Browser, Error, NoBrowser, Remedy,
    SignInError, TokenSource,
};
use msal_emulator::Fault;
use msal_emulator::sample::ALICE;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

use crate::auth_code::browse;
use crate::world::{GRAPH, World};

const USER_READ: &str = "https://graph.microsoft.com/User.Read";

/// A browser that nobody uses: the test does what its user would do.
#[derive(Clone, Debug)]
struct Opened(watch::Sender<Option<String>>);

impl Opened {
    fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    async fn address(&self) -> Url {
        let mut opened = self.0.subscribe();
        let address = opened.wait_for(Option::is_some).await.unwrap();
        Url::parse(address.as_deref().unwrap()).unwrap()
    }
}

impl Browser for Opened {
    fn open<'a>(&'a self, address: &'a str) -> BoxFuture<'a, Result<(), NoBrowser>> {
        self.0.send_replace(Some(address.to_owned()));
        Box::pin(async { Ok(()) })
    }
}

/// A sign-in that waits for its browser.
struct Waiting {
    world: Arc<World>,
    address: Url,
    port: u16,
    call: JoinHandle<Result<AuthenticationResult, Error>>,
}

impl Waiting {
    async fn begin() -> Self {
        Self::with(|call| call).await
    }

    async fn with(
        options: impl FnOnce(AcquireTokenInteractive) -> AcquireTokenInteractive,
    ) -> Self {
        let (world, browser) = (Arc::new(World::new()), Opened::new());
        let call = world
            .desktop()
            .acquire_token_interactive([GRAPH])
            .login_hint(ALICE)
            .browser(browser.clone());
        let call = tokio::spawn(options(call).into_future());
        let address = browser.address().await;
        let redirect_uri = Url::parse(&parameter(&address, "redirect_uri")).unwrap();
        assert_eq!(redirect_uri.host_str(), Some("localhost"));
        let port = redirect_uri.port().unwrap();
        Self {
            world,
            address,
            port,
            call,
        }
    }

    fn state(&self) -> String {
        parameter(&self.address, "state")
    }

    /// What the sign-in page sends the browser with.
    fn answer(&self) -> String {
        let end = browse(&self.world, self.address.as_str());
        end.split_once('?').unwrap().1.to_owned()
    }

    async fn send(&self, request: &str) -> String {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        exchange(stream, request.as_bytes()).await
    }

    fn post(&self, form: &str) -> String {
        self.post_to(&format!("localhost:{}", self.port), "/", form)
    }

    fn post_to(&self, host: &str, path: &str, form: &str) -> String {
        format!(
            "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\n\r\n{form}",
            form.len()
        )
    }

    /// The good answer still works, whatever came before it.
    async fn finish(self) -> AuthenticationResult {
        let page = self.send(&self.post(&self.answer())).await;
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        let world = Arc::clone(&self.world);
        let result = world.ask(async { self.call.await.unwrap() }).await.unwrap();
        assert_eq!(result.account.as_ref().unwrap().username, ALICE);
        result
    }
}

fn parameter(url: &Url, name: &str) -> String {
    let mut pairs = url.query_pairs();
    let found = pairs.find(|(key, _)| key == name);
    found.unwrap_or_else(|| panic!("no {name}")).1.into_owned()
}

/// The whole response; what the receiver does to the connection after it counts for nothing.
async fn exchange(mut stream: TcpStream, request: &[u8]) -> String {
    stream.write_all(request).await.unwrap();
    let mut response = Vec::new();
    let _closed_or_reset = stream.read_to_end(&mut response).await;
    String::from_utf8(response).unwrap()
}

async fn is_closed(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).await.is_err()
        && TcpStream::connect((Ipv6Addr::LOCALHOST, port))
            .await
            .is_err()
}

/// Alice signs in at a browser of the program's own.
pub(crate) async fn sign_in(world: Arc<World>) {
    let user = Arc::clone(&world);
    let browser = FakeBrowser::new(move |address| browse(&user, address));
    let call = world
        .desktop()
        .acquire_token_interactive([USER_READ])
        .login_hint(ALICE)
        .browser(browser.clone());
    world.ask(call).await.unwrap();
    browser.pages(1).await;
}

#[tokio::test]
async fn another_api_is_consented_to_in_the_same_sign_in() {
    let world = Arc::new(World::new());
    let user = Arc::clone(&world);
    let browser = FakeBrowser::new(move |address| browse(&user, address));
    let call = world
        .desktop()
        .acquire_token_interactive([USER_READ])
        .login_hint(ALICE)
        .extra_scopes_to_consent("api://orders/Orders.Read")
        .browser(browser.clone());
    let result = world.ask(call).await.unwrap();
    assert!(result.scopes.iter().any(|scope| scope == USER_READ));
    let sent = world.http.token_requests().pop().unwrap();
    assert_eq!(
        sent.form["scope"],
        format!("{USER_READ} offline_access openid profile")
    );
    let account = result.account.unwrap();
    let silent = world
        .desktop()
        .acquire_token_silent("api://orders/Orders.Read", &account);
    assert_eq!(
        world.ask(silent).await.unwrap().token_source,
        TokenSource::IdentityProvider
    );
}

#[tokio::test]
async fn a_user_signs_in_at_the_browser() {
    let world = Arc::new(World::new());
    let user = Arc::clone(&world);
    let browser = FakeBrowser::new(move |address| browse(&user, address));
    let call = world
        .desktop()
        .acquire_token_interactive([USER_READ])
        .login_hint(ALICE)
        .extra_scopes_to_consent("https://graph.microsoft.com/Mail.Read")
        .browser(browser.clone());
    let result = world.ask(call).await.unwrap();
    let account = result.account.unwrap();
    let sent = world.http.token_requests().pop().unwrap();
    assert_eq!(sent.headers["x-client-current-telemetry"], "4|169,0|");
    assert_eq!(
        sent.form["scope"],
        format!("{USER_READ} offline_access openid profile")
    );
    let page = browser.pages(1).await.remove(0);
    assert!(page.contains("Sign-in received"), "{page}");
    for secret in ["code=", "state", ALICE, &sent.form["code"]] {
        assert!(!page.contains(secret), "{page}");
    }
    let silent = world.desktop().acquire_token_silent([USER_READ], &account);
    world.ask(silent).await.unwrap();
}

#[tokio::test]
async fn the_answer_comes_in_the_query_where_that_is_asked_for() {
    let waiting = Waiting::with(AcquireTokenInteractive::answer_in_query).await;
    assert_eq!(parameter(&waiting.address, "response_mode"), "query");
    let host = format!("localhost:{}", waiting.port);
    let posted = waiting.send(&waiting.post(&waiting.answer())).await;
    assert!(posted.starts_with("HTTP/1.1 405 "), "{posted}");
    let get = format!(
        "GET /?{} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        waiting.answer()
    );
    let page = waiting.send(&get).await;
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    waiting.call.await.unwrap().unwrap();
}

/// One silent socket blocks MSAL Python's receiver until its time is up.
#[tokio::test]
async fn a_good_answer_comes_through_beside_ten_silent_sockets_within_a_tenth_of_a_second() {
    let waiting = Waiting::begin().await;
    let mut silent = Vec::new();
    for number in 0..10 {
        let mut stream = TcpStream::connect(("127.0.0.1", waiting.port))
            .await
            .unwrap();
        // Some say nothing, some stop in the middle.
        if number % 2 == 0 {
            stream
                .write_all(b"POST / HTTP/1.1\r\nHost: ")
                .await
                .unwrap();
        }
        silent.push(stream);
    }
    let post = waiting.post(&waiting.answer());
    let begun = Instant::now();
    let page = waiting.send(&post).await;
    let taken = begun.elapsed();
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(taken < Duration::from_millis(100), "{taken:?}");
    waiting.call.await.unwrap().unwrap();
}

/// Also in a container, where MSAL Python listens at every address.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_address_is_listened_to_that_others_could_reach() {
    let waiting = Waiting::begin().await;
    // It is this machine's too, and nobody has asked for it: whoever listens at all addresses would answer.
    let other = TcpStream::connect(("127.0.0.2", waiting.port)).await;
    assert_eq!(
        other.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionRefused
    );
    waiting.finish().await;
}

#[tokio::test]
async fn who_says_nothing_is_let_go_of_after_five_seconds() {
    let waiting = Waiting::begin().await;
    for begun in ["", "POST / HTTP/1.1\r\nHost: "] {
        let mut silent = TcpStream::connect(("127.0.0.1", waiting.port))
            .await
            .unwrap();
        silent.write_all(begun.as_bytes()).await.unwrap();
        // Connections are taken in their order: once this one has its answer, the silent one is being read.
        waiting.send("no HTTP\r\n\r\n").await;
        tokio::time::pause();
        let paused = tokio::time::Instant::now();
        let read = silent.read(&mut [0; 1]).await;
        let taken = paused.elapsed();
        tokio::time::resume();
        assert!(matches!(read, Ok(0)), "{read:?}");
        assert!((4..6).contains(&taken.as_secs()), "{taken:?}");
    }
    waiting.finish().await;
}

#[tokio::test]
async fn more_silent_sockets_than_there_is_room_for_keep_nobody_out() {
    let waiting = Waiting::begin().await;
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(
            TcpStream::connect(("127.0.0.1", waiting.port))
                .await
                .unwrap(),
        );
    }
    waiting.finish().await;
}

#[tokio::test]
async fn both_addresses_of_the_machine_and_all_three_of_its_names_are_listened_to() {
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        let waiting = Waiting::begin().await;
        let request = waiting.post_to(&format!("{host}:{}", waiting.port), "/", &waiting.answer());
        let stream = match TcpStream::connect((Ipv6Addr::LOCALHOST, waiting.port)).await {
            Ok(stream) => stream,
            // Some containers have no IPv6.
            Err(_) => TcpStream::connect(("127.0.0.1", waiting.port))
                .await
                .unwrap(),
        };
        let page = exchange(stream, request.as_bytes()).await;
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
        waiting.call.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn whatever_else_is_sent_is_refused_and_the_receiver_waits_on() {
    let waiting = Waiting::begin().await;
    let (state, host) = (waiting.state(), format!("localhost:{}", waiting.port));
    let good = waiting.answer();
    let form = "Content-Type: application/x-www-form-urlencoded";
    let raw = |head: &str| format!("{head}\r\n\r\n");
    let long = "a".repeat(70_000);
    for (name, request, status) in [
        ("wrong state", waiting.post("code=c&state=x"), 400),
        ("no state", waiting.post("code=c"), 400),
        ("empty state", waiting.post("code=c&state="), 400),
        (
            "state twice",
            waiting.post(&format!("{good}&state={state}")),
            400,
        ),
        ("code twice", waiting.post(&format!("{good}&code=d")), 400),
        (
            "neither code nor error",
            waiting.post(&format!("state={state}")),
            400,
        ),
        (
            "code and error",
            waiting.post(&format!("{good}&error=e")),
            400,
        ),
        (
            "not UTF-8",
            waiting.post(&format!("code=%FF&state={state}")),
            400,
        ),
        (
            "an error of another sign-in",
            waiting.post("error=access_denied&state=x"),
            400,
        ),
        (
            "a query",
            raw(&format!("GET /?{good} HTTP/1.1\r\nHost: {host}")),
            405,
        ),
        (
            "another method",
            raw(&format!(
                "PUT / HTTP/1.1\r\nHost: {host}\r\n{form}\r\nContent-Length: 0"
            )),
            405,
        ),
        ("another path", waiting.post_to(&host, "/other", &good), 404),
        (
            "another host",
            waiting.post_to(&format!("evil.example:{}", waiting.port), "/", &good),
            421,
        ),
        (
            "no host",
            raw(&format!("POST / HTTP/1.1\r\n{form}\r\nContent-Length: 1")),
            400,
        ),
        (
            "another content type",
            raw(&format!(
                "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\nContent-Length: 1"
            )),
            415,
        ),
        (
            "a negative length",
            raw(&format!(
                "POST / HTTP/1.1\r\nHost: {host}\r\n{form}\r\nContent-Length: -1"
            )),
            400,
        ),
        (
            "no length",
            raw(&format!("POST / HTTP/1.1\r\nHost: {host}\r\n{form}")),
            411,
        ),
        (
            "chunks",
            raw(&format!(
                "POST / HTTP/1.1\r\nHost: {host}\r\n{form}\r\nTransfer-Encoding: chunked"
            )),
            400,
        ),
        ("a form too long", waiting.post(&long), 413),
        (
            "a head too long",
            raw(&format!("POST / HTTP/1.1\r\nHost: {host}\r\nX: {long}")),
            431,
        ),
        ("no HTTP", raw("\u{16}\u{3}\u{1}"), 400),
        (
            "markup",
            waiting.post("code=<script>alert(1)</script>&state=\"'><script>"),
            400,
        ),
    ] {
        let page = waiting.send(&request).await;
        assert!(
            page.starts_with(&format!("HTTP/1.1 {status} ")),
            "{name}: {page}"
        );
        assert!(
            !page.contains("<script") && !page.contains(&state),
            "{name}: {page}"
        );
        for header in [
            "\r\nContent-Type: text/html; charset=utf-8\r\n",
            "\r\nCache-Control: no-store\r\n",
            "\r\nReferrer-Policy: no-referrer\r\n",
            "\r\nX-Content-Type-Options: nosniff\r\n",
            "\r\nContent-Security-Policy: default-src 'none'; ",
        ] {
            assert!(page.contains(header), "{name}: {page}");
        }
        assert!(!page.contains("\r\nLocation:"), "{name}: {page}");
    }
    assert_eq!(waiting.world.http.token_requests().len(), 0);
    waiting.finish().await;
}

#[tokio::test]
async fn an_answer_in_pieces_is_read_and_one_that_stops_is_let_go_of() {
    let waiting = Waiting::begin().await;
    let short = waiting
        .post("code=c&state=s")
        .replace("Content-Length: 14", "Content-Length: 15");
    let mut stream = TcpStream::connect(("127.0.0.1", waiting.port))
        .await
        .unwrap();
    stream.write_all(short.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut page = Vec::new();
    stream.read_to_end(&mut page).await.unwrap();
    assert_eq!(page, b"");

    let mut stream = TcpStream::connect(("127.0.0.1", waiting.port))
        .await
        .unwrap();
    stream.set_nodelay(true).unwrap();
    for piece in waiting.post(&waiting.answer()).as_bytes().chunks(7) {
        stream.write_all(piece).await.unwrap();
        tokio::task::yield_now().await;
    }
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    waiting.call.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_port_is_closed_after_the_answer_and_before_the_tokens_come() {
    let waiting = Waiting::begin().await;
    waiting.world.http.hold("authorization_code");
    let page = waiting.send(&waiting.post(&waiting.answer())).await;
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(is_closed(waiting.port).await);
    waiting.world.http.release();
    waiting.call.await.unwrap().unwrap();
}

#[tokio::test]
async fn dropping_the_call_closes_the_port_at_once() {
    let (world, browser) = (World::new(), Opened::new());
    let call = world
        .desktop()
        .acquire_token_interactive([GRAPH])
        .browser(browser.clone());
    let mut call = call.into_future();
    let address = {
        let mut opened = pin!(browser.address());
        poll_fn(|context| {
            assert!(call.as_mut().poll(context).is_pending());
            opened.as_mut().poll(context)
        })
        .await
    };
    let port = Url::parse(&parameter(&address, "redirect_uri"))
        .unwrap()
        .port()
        .unwrap();
    assert!(!is_closed(port).await);
    drop(call);
    assert!(is_closed(port).await);
}

#[tokio::test]
async fn a_port_that_is_taken_for_either_address_is_an_error_before_the_user_is_asked() {
    let world = World::new();
    let taken = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let of_v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await.ok();
    let ports = [Some(&taken), of_v6.as_ref()].into_iter().flatten();
    for port in ports.map(|listener| listener.local_addr().unwrap().port()) {
        let browser = Opened::new();
        let call = world
            .desktop()
            .acquire_token_interactive([GRAPH])
            .port(port)
            .browser(browser.clone());
        let error = world.ask(call).await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains(&format!("port {port} of this machine is in use")),
            "{error}"
        );
        assert_eq!(error.remedy(), Remedy::Correct);
        assert!(browser.0.borrow().is_none());
    }
}

#[tokio::test]
async fn a_user_who_cancels_is_told_so_in_both_places() {
    let waiting = Waiting::begin().await;
    let no = format!(
        "error=access_denied&error_subcode=cancel&state={}",
        waiting.state()
    );
    let page = waiting.send(&waiting.post(&no)).await;
    assert!(page.contains("You are not signed in"), "{page}");
    let error = waiting.call.await.unwrap().unwrap_err();
    assert_eq!(error.remedy(), Remedy::SignIn);
    assert!(
        error.to_string().contains("access_denied (cancel)"),
        "{error}"
    );
    assert!(waiting.world.store.bytes().await.is_none());
}

#[tokio::test]
async fn a_user_who_does_not_come_back_is_waited_for_no_longer_than_was_said() {
    let (world, browser) = (World::new(), Opened::new());
    let call = world
        .desktop()
        .acquire_token_interactive([GRAPH])
        .browser(browser.clone())
        .time_limit(Duration::from_millis(50));
    let error = world.ask(call).await.unwrap_err();
    let Error::SignIn(failure) = &error else {
        panic!("{error}")
    };
    assert!(matches!(**failure, SignInError::TimedOut), "{error}");
    let port = Url::parse(&parameter(&browser.address().await, "redirect_uri"))
        .unwrap()
        .port();
    assert!(is_closed(port.unwrap()).await);
}

/// A browser that cannot be opened.
#[derive(Debug)]
struct Absent;

impl Browser for Absent {
    fn open<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), NoBrowser>> {
        Box::pin(async { Err(NoBrowser::Ssh) })
    }
}

#[tokio::test]
async fn without_a_browser_the_address_is_shown_or_the_error_says_what_to_do() {
    let world = Arc::new(World::new());
    let app = world.desktop();
    let error = world
        .ask(app.acquire_token_interactive([GRAPH]).browser(Absent))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("use the device code flow"),
        "{error}"
    );

    let shown = Arc::new(Mutex::new(String::new()));
    let (shows, user) = (Arc::clone(&shown), Arc::clone(&world));
    let elsewhere = FakeBrowser::new(move |address| browse(&user, address));
    let call = app
        .acquire_token_interactive([GRAPH])
        .login_hint(ALICE)
        .browser(Absent)
        .without_browser(move |address| {
            address.clone_into(&mut shows.lock().unwrap());
            drop(elsewhere.open(address));
        });
    world.ask(call).await.unwrap();
    assert!(shown.lock().unwrap().starts_with("https://"));
}

/// A browser whose program runs for as long as the browser does.
#[derive(Debug)]
struct InTheForeground(Opened);

impl Browser for InTheForeground {
    fn open<'a>(&'a self, address: &'a str) -> BoxFuture<'a, Result<(), NoBrowser>> {
        drop(self.0.open(address));
        Box::pin(pending())
    }
}

#[tokio::test]
async fn the_answer_does_not_wait_for_the_browser_to_end() {
    let opened = Opened::new();
    let world = Arc::new(World::new());
    let call = world
        .desktop()
        .acquire_token_interactive([GRAPH])
        .login_hint(ALICE)
        .browser(InTheForeground(opened.clone()));
    let call = tokio::spawn(call.into_future());
    let user = Arc::clone(&world);
    let browser = FakeBrowser::new(move |address| browse(&user, address));
    browser.open(opened.address().await.as_str()).await.unwrap();
    call.await.unwrap().unwrap();
}

#[tokio::test]
async fn tokens_that_are_refused_leave_nothing_behind() {
    let waiting = Waiting::begin().await;
    let fault = Fault::tamper().set_claim("id_token", "nonce", "other");
    waiting.world.emulator.add_fault(fault);
    waiting.send(&waiting.post(&waiting.answer())).await;
    assert!(matches!(
        waiting.call.await.unwrap(),
        Err(Error::Protocol(_))
    ));
    assert!(waiting.world.store.bytes().await.is_none());
}
