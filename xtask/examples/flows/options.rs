//! What a line of JSON says.

use std::time::Duration;

use msal::{Prompt, ResponseMode};
use serde_json::Value;

use crate::Failure;

pub(crate) fn has(question: &Value, name: &str) -> bool {
    !question[name].is_null()
}

pub(crate) fn text<'a>(question: &'a Value, name: &str) -> Result<&'a str, Failure> {
    let text = question[name].as_str();
    text.ok_or_else(|| format!("{name} is no text").into())
}

/// A list of texts; none where nothing is said.
pub(crate) fn texts(question: &Value, name: &str) -> Vec<String> {
    let list = question[name].as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

pub(crate) fn scopes(question: &Value) -> Vec<String> {
    texts(question, "scopes")
}

pub(crate) fn seconds(question: &Value, name: &str) -> Option<Duration> {
    question[name].as_u64().map(Duration::from_secs)
}

pub(crate) fn prompt(name: &str) -> Result<Prompt, Failure> {
    let all = [
        Prompt::Consent,
        Prompt::Create,
        Prompt::Login,
        Prompt::None,
        Prompt::SelectAccount,
    ];
    let found = all.into_iter().find(|prompt| prompt.as_str() == name);
    found.ok_or_else(|| format!("no prompt {name}").into())
}

pub(crate) fn response_mode(name: &str) -> Result<ResponseMode, Failure> {
    let all = [
        ResponseMode::FormPost,
        ResponseMode::Fragment,
        ResponseMode::Query,
    ];
    let found = all.into_iter().find(|mode| mode.as_str() == name);
    found.ok_or_else(|| format!("no response mode {name}").into())
}
