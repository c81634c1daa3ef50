//! A browser without script: keeps cookies, sends the forms of pages.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::Request;
use http::request::Builder;
use msal_emulator::Emulator;
use url::Url;

use crate::support::{Answer, BASE, Form, at, send};

/// A person's browser at an emulator.
#[derive(Debug)]
pub(crate) struct Browser<'e> {
    emulator: &'e Emulator,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) seconds: u64,
    /// The value of its `Accept` header: HTML, unless changed.
    pub(crate) accept: &'static str,
    page: String,
}

impl<'e> Browser<'e> {
    pub(crate) const fn new(emulator: &'e Emulator) -> Self {
        Self {
            emulator,
            cookies: BTreeMap::new(),
            seconds: 0,
            accept: "text/html,application/xhtml+xml",
            page: String::new(),
        }
    }

    pub(crate) fn open(&mut self, path: &str, query: Form<'_>) -> Answer {
        let query = encoded(query);
        let mark = if query.is_empty() { "" } else { "?" };
        let request = Request::get(format!("{BASE}{path}{mark}{query}"));
        self.send(request, String::new())
    }

    /// Sends the form of the current page, with what the person typed or pressed.
    pub(crate) fn submit(&mut self, typed: Form<'_>) -> Answer {
        let flow = self.hidden("flow");
        let action = self.value("method=\"post\" action=\"");
        let form = [&[("flow", flow.as_str())][..], typed].concat();
        let request = Request::post(format!("{BASE}{action}"))
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request, encoded(&form))
    }

    /// The value of a hidden field of the current page.
    pub(crate) fn hidden(&self, name: &str) -> String {
        self.value(&format!("name=\"{name}\" value=\""))
    }

    pub(crate) fn shows(&self, text: &str) -> bool {
        self.page.contains(text)
    }

    fn value(&self, before: &str) -> String {
        let rest = self.page.split_once(before);
        let (_, rest) = rest.unwrap_or_else(|| panic!("no {before} in {}", self.page));
        rest.split('"').next().unwrap().to_owned()
    }

    fn send(&mut self, request: Builder, body: String) -> Answer {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = request
            .header("accept", self.accept)
            .header("cookie", cookies.join("; "));
        let answer = send(self.emulator, request, Bytes::from(body), at(self.seconds));
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if cookie.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        self.page = String::from_utf8_lossy(&answer.body).into_owned();
        answer
    }
}

/// A parameter of the redirect in an answer, in the query or the fragment.
pub(crate) fn redirected(answer: &Answer, parameter: &str) -> Option<String> {
    assert_eq!(answer.status, 302, "{answer:?}");
    let url = Url::parse(answer.header("location")).unwrap();
    let text = url.fragment().or_else(|| url.query()).unwrap_or_default();
    url::form_urlencoded::parse(text.as_bytes())
        .find(|(name, _)| name == parameter)
        .map(|(_, value)| value.into_owned())
}

fn encoded(form: Form<'_>) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish()
}
