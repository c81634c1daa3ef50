//! Form fields and query parameters that a program adds to token requests.

use std::fmt;

use http::Uri;
use thiserror::Error;
use url::form_urlencoded;

use crate::ext_cache_key::OF_EVERY_REQUEST;

/// Form fields and query parameters of a token request that no option is for. `Debug` shows their names only.
///
/// A token that was asked for with some is found in the cache by the same ones only.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct ExtraParameters {
    form: Vec<(String, String)>,
    /// Their names begin with [`IN_QUERY`].
    query: Vec<(String, String)>,
}

/// An extra parameter may not be sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "the parameter `{name}` may not be added: it is there twice, the endpoint's, or the library's own, with an option for it or none"
)]
#[non_exhaustive]
pub struct ExtraParameterError {
    /// The parameter.
    pub name: String,
}

impl ExtraParameters {
    /// Adds a field of the form.
    pub fn add_field(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.form.push((name.into(), value.into()));
    }

    /// Adds a parameter of the token endpoint's query.
    pub fn add_query(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let name = format!("{IN_QUERY}{}", name.into());
        self.query.push((name, value.into()));
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.form.is_empty() && self.query.is_empty()
    }

    /// Checks the names.
    ///
    /// # Errors
    /// [`ExtraParameterError`] for a name that is there twice, and for one that requests have themselves or that tokens are
    /// kept by.
    pub fn check(&self) -> Result<(), ExtraParameterError> {
        if self.is_empty() {
            return Ok(());
        }
        let in_form = self.form.iter().map(|(name, _)| &**name);
        let mut names: Vec<&str> = in_form
            .chain(self.query().map(|(name, _)| name))
            .map(str::trim)
            .collect();
        // Servers that look at names without case exist.
        names.sort_unstable_by_key(|name| name.to_ascii_lowercase());
        // RFC 6749 §3.2: "Request and response parameters MUST NOT be included more than once."
        let mut pairs = names.iter().zip(names.iter().skip(1));
        let repeated = pairs.find(|(one, next)| one.eq_ignore_ascii_case(next));
        let own = names.iter().find(|name| is_own(name));
        match own.or_else(|| repeated.map(|(_, next)| next)) {
            Some(name) => Err(ExtraParameterError {
                name: (*name).to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// Checks that the endpoint has none of the parameters in its query itself, such as the policy of B2C: what is there
    /// already stays, and a token that was asked for with it would pass for one with the other.
    ///
    /// # Errors
    /// [`ExtraParameterError`] for the first that it has.
    pub fn check_at(&self, endpoint: &Uri) -> Result<(), ExtraParameterError> {
        let own = endpoint.query().unwrap_or_default().as_bytes();
        let is_own = |(name, _): &(&str, &str)| {
            form_urlencoded::parse(own).any(|(own, _)| own.eq_ignore_ascii_case(name.trim()))
        };
        match self.query().find(is_own) {
            Some((name, _)) => Err(ExtraParameterError {
                name: name.to_owned(),
            }),
            None => Ok(()),
        }
    }

    /// All of them, by name and value: what a token in the cache must have been asked for with. A name in the query is told
    /// from the same in the form by a question mark before it.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.form.iter().chain(&self.query);
        all.map(|(name, value)| (&**name, &**value))
    }

    pub(super) fn form(&self) -> &[(String, String)] {
        &self.form
    }

    /// As they are sent in the query.
    fn query(&self) -> impl Iterator<Item = (&str, &str)> {
        let query = self.query.iter();
        query.map(|(name, value)| (name.strip_prefix(IN_QUERY).unwrap_or(name), &**value))
    }

    /// The endpoint with the parameters in its query, of which it has none itself. What it has there stays as it is.
    pub(super) fn at(&self, endpoint: Uri) -> Uri {
        let own = endpoint.query().unwrap_or_default();
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.query() {
            // RFC 6749 §3.2: "Parameters sent without a value MUST be treated as if they were omitted from the request."
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let more = query.finish();
        if more.is_empty() {
            return endpoint;
        }
        // RFC 6749 §3.2: the endpoint's own query, such as the policy of B2C, MUST be retained.
        let query = match own {
            "" => more,
            own => format!("{own}&{more}"),
        };
        let path = format!("{}?{query}", endpoint.path());
        let mut parts = endpoint.clone().into_parts();
        parts.path_and_query = path.parse().ok();
        Uri::from_parts(parts).unwrap_or(endpoint)
    }
}

fn is_own(name: &str) -> bool {
    let mut own = OF_EVERY_REQUEST.iter().chain(&KEPT_BY);
    // Behind a question mark are the names in the query.
    name.starts_with(IN_QUERY) || own.any(|own| own.eq_ignore_ascii_case(name))
}

/// What the name of a parameter in the query begins with where it stands among the fields of the form.
const IN_QUERY: char = '?';

/// What cached tokens are found by as well: a program that sends one of these would be given what was asked for otherwise.
const KEPT_BY: [&str; 4] = ["", "client_claims", "fmi_path", "user_assertion_hash"];

impl fmt::Debug for ExtraParameters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.all().map(|(name, _)| name);
        formatter.debug_set().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_the_librarys_or_there_twice_are_refused() {
        for names in [
            &["client_id"][..],
            &["Scope"],
            &[" claims "],
            &["token_type"],
            &["req_cnf"],
            &["fmi_path"],
            &["client_claims"],
            &["user_assertion_hash"],
            &[""],
            &["?a"],
            &["a", "b", "A"],
        ] {
            // In the form, in the query, and once here and once there.
            for first_in_query in 0..=names.len() {
                let mut extra = ExtraParameters::default();
                for (number, name) in names.iter().enumerate() {
                    match number < first_in_query {
                        true => extra.add_field(*name, "secret"),
                        false => extra.add_query(*name, "secret"),
                    }
                }
                let error = extra.check().unwrap_err();
                assert!(!format!("{error} {error:?} {extra:?}").contains("secret"));
            }
        }
        let mut extra = ExtraParameters::default();
        extra.add_field("dc", "ESTS-PUB");
        extra.add_query("slice", "testslice");
        assert_eq!(extra.check(), Ok(()));
    }

    #[test]
    fn a_parameter_of_the_endpoint_is_refused() {
        let mut extra = ExtraParameters::default();
        extra.add_field("p", "b2c_1_field");
        let policy = Uri::from_static("https://a.example/t/token?%50=b2c_1_susi&slice");
        assert_eq!(extra.check_at(&policy), Ok(()));
        for name in ["p", "P", " p", "slice"] {
            let mut extra = extra.clone();
            extra.add_query("dc", "x");
            extra.add_query(name, "secret");
            let error = extra.check_at(&policy).unwrap_err();
            assert_eq!(error.name, name);
            let plain = Uri::from_static("https://a.example/t/token");
            assert_eq!(extra.check_at(&plain), Ok(()));
        }
    }

    #[test]
    fn a_field_and_a_parameter_of_one_name_are_told_apart() {
        let (mut field, mut parameter) = (ExtraParameters::default(), ExtraParameters::default());
        field.add_field("dc", "x");
        parameter.add_query("dc", "x");
        assert!(field.all().ne(parameter.all()));
    }

    #[test]
    fn an_endpoint_keeps_its_own_query() {
        let mut extra = ExtraParameters::default();
        extra.add_query("empty", "");
        let at = |endpoint: &'static str, extra: &ExtraParameters| {
            extra.at(Uri::from_static(endpoint)).to_string()
        };
        let policy = "https://a.example/t/token?p=b2c_1_susi";
        assert_eq!(at(policy, &extra), policy);
        extra.add_query("slice", "a b&c=\u{e9}#");
        assert_eq!(
            at(policy, &extra),
            format!("{policy}&slice=a+b%26c%3D%C3%A9%23")
        );
        assert_eq!(
            at("https://a.example/t/token", &extra),
            "https://a.example/t/token?slice=a+b%26c%3D%C3%A9%23"
        );
    }
}
