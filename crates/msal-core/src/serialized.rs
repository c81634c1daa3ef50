//! Serialize and Deserialize for the names of things, so that they can stand in a session, a settings file or a report.
//! What is read is parsed as text from anywhere is. Secrets have neither.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Account, Authority, HomeAccountId, Scope, ScopeSet, Tenant, UnixTime};

/// As text, in the form that `Display` writes and `FromStr` reads.
macro_rules! as_text {
    ($($name:ident: $expected:literal)*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Parsed::new($expected))
            }
        }
    )*};
}

as_text! {
    Authority: "the URL of an authority"
    HomeAccountId: "a home account id"
    Scope: "a scope"
    ScopeSet: "scopes with spaces between them"
    Tenant: "a tenant"
}

/// Reads text that `FromStr` accepts.
struct Parsed<T> {
    expected: &'static str,
    parsed: PhantomData<T>,
}

impl<T> Parsed<T> {
    fn new(expected: &'static str) -> Self {
        Self {
            expected,
            parsed: PhantomData,
        }
    }
}

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

/// In seconds since 1970, as `exp` and `iat` are written (RFC 7519 §2, "NumericDate").
impl Serialize for UnixTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.as_secs())
    }
}

impl<'de> Deserialize<'de> for UnixTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(Self::from_secs)
    }
}

/// An account's fields, under their names in the token cache.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Account")]
struct AccountFields {
    home_account_id: HomeAccountId,
    environment: String,
    #[serde(default)]
    realm: String,
    #[serde(default)]
    local_account_id: String,
    #[serde(default)]
    username: String,
}

impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        AccountFields::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        AccountFields::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use super::*;

    fn goes_through<T: Serialize + DeserializeOwned + PartialEq + fmt::Debug>(
        value: T,
        json: &str,
    ) {
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
        assert_eq!(serde_json::from_str::<T>(json).unwrap(), value);
    }

    #[test]
    fn names_go_through_json_and_back() {
        goes_through(UnixTime::from_secs(-7), "-7");
        goes_through(HomeAccountId::new("u.t"), "\"u.t\"");
        goes_through(Scope::parse("User.Read").unwrap(), "\"User.Read\"");
        goes_through(ScopeSet::from_wire("b a"), "\"a b\"");
        goes_through(Tenant::Organizations, "\"organizations\"");
        goes_through(
            Authority::common(),
            "\"https://login.microsoftonline.com/common\"",
        );
        let mut account = Account::new("u.t".into(), "login.microsoftonline.com");
        account.username = "alice@contoso.example".to_owned();
        goes_through(
            account,
            "{\"home_account_id\":\"u.t\",\"environment\":\"login.microsoftonline.com\",\"realm\":\"\",\
             \"local_account_id\":\"\",\"username\":\"alice@contoso.example\"}",
        );
    }

    #[test]
    fn what_cannot_be_parsed_cannot_be_read() {
        assert!(serde_json::from_str::<Tenant>("\"a/b\"").is_err());
        assert!(serde_json::from_str::<Scope>("\"two words\"").is_err());
        assert!(serde_json::from_str::<Authority>("\"http://a/b\"").is_err());
        assert!(serde_json::from_str::<UnixTime>("1.5").is_err());
        assert!(serde_json::from_str::<Account>("{\"environment\":\"a\"}").is_err());
    }
}
