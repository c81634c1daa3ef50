//! The members of an entry as they stand in a document, read tolerantly.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::{Text, UnixTime};

/// All members that any kind of entry has, each in whatever type it was written.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wire<'a> {
    #[serde(borrow)]
    pub(super) secret: Lenient<'a>,
    #[serde(borrow)]
    pub(super) home_account_id: Lenient<'a>,
    #[serde(borrow)]
    pub(super) environment: Lenient<'a>,
    #[serde(borrow)]
    pub(super) client_id: Lenient<'a>,
    #[serde(borrow)]
    pub(super) target: Lenient<'a>,
    #[serde(borrow)]
    pub(super) realm: Lenient<'a>,
    #[serde(borrow)]
    pub(super) token_type: Lenient<'a>,
    #[serde(borrow)]
    pub(super) cached_at: Lenient<'a>,
    #[serde(borrow)]
    pub(super) expires_on: Lenient<'a>,
    #[serde(borrow)]
    pub(super) extended_expires_on: Lenient<'a>,
    #[serde(borrow)]
    pub(super) refresh_on: Lenient<'a>,
    #[serde(borrow)]
    pub(super) key_id: Lenient<'a>,
    #[serde(borrow)]
    pub(super) ext_cache_key: Lenient<'a>,
    #[serde(borrow)]
    pub(super) last_modification_time: Lenient<'a>,
    #[serde(borrow)]
    pub(super) family_id: Lenient<'a>,
    #[serde(borrow)]
    pub(super) local_account_id: Lenient<'a>,
    #[serde(borrow)]
    pub(super) username: Lenient<'a>,
    #[serde(borrow)]
    pub(super) authority_type: Lenient<'a>,
    #[serde(borrow)]
    pub(super) account_source: Lenient<'a>,
    /// Other SDKs keep on-behalf-of tokens under this; they belong to one assertion and must not be used for a user.
    #[serde(borrow)]
    pub(super) user_assertion_hash: Lenient<'a>,
}

/// A scalar read as text, or nothing.
#[derive(Default)]
pub(super) struct Lenient<'a>(Option<Cow<'a, str>>);

impl<'a> Lenient<'a> {
    /// The scalar, borrowed from the document wherever it was.
    pub(super) fn scalar(&self) -> Option<Cow<'a, str>> {
        self.0.clone()
    }

    pub(super) fn text(&self, document: &Text) -> Option<Text> {
        self.scalar().map(|text| document.slice_of(text))
    }

    /// The text, unless there is none or it is empty: other SDKs write "" for null.
    pub(super) fn present(&self, document: &Text) -> Option<Text> {
        self.text(document).filter(|text| !text.is_empty())
    }

    pub(super) fn or_empty(&self, document: &Text) -> Text {
        self.text(document).unwrap_or_default()
    }

    pub(super) fn secret(&self) -> Option<Cow<'a, str>> {
        self.scalar().filter(|text| !text.is_empty())
    }

    /// Whole seconds; a fraction is cut off, junk is nothing.
    pub(super) fn time(&self) -> Option<UnixTime> {
        let text = self.0.as_deref()?.trim();
        let whole = text.parse().ok();
        let seconds = whole.or_else(|| {
            let number: f64 = text.parse().ok()?;
            number.is_finite().then_some(number as i64)
        })?;
        Some(UnixTime::from_secs(seconds))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Lenient<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Option<Cow<'de, str>>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("any JSON value")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Some(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Some(Cow::Owned(text.to_owned())))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Some(Cow::Owned(number.to_string())))
            }

            fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Some(Cow::Owned(number.to_string())))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Some(Cow::Owned(number.to_string())))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(None)
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(None)
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(None)
            }
        }

        deserializer.deserialize_any(Any).map(Self)
    }
}
