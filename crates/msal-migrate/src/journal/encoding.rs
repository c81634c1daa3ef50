//! Events as bytes: fixed fields first, texts with their length in front, little-endian.
//!
//! Decoding trusts nothing, although what it reads was authenticated: a mistake here must not become a panic.

use std::{sync::Arc, time::Duration};

use msal_core::UnixTime;

use super::{
    Position,
    entry::{Class, Event, Intent, Outcome, Published, RawResponse, Redeemed},
};
use crate::{Fingerprint, Locator, Place};

/// Which event, or which mark of the journal itself, a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    Intent = 1,
    Redeemed = 2,
    Published = 3,
    Outcome = 4,
    /// A process opened the journal; the payload is its session.
    Opened = 5,
    /// It closed the journal, so that nothing before can be a torn write.
    Closed = 6,
}

impl Kind {
    pub(super) fn of(event: &Event) -> Self {
        match event {
            Event::Intent(_) => Self::Intent,
            Event::Outcome(_) => Self::Outcome,
            Event::Published(_) => Self::Published,
            Event::Redeemed(_) => Self::Redeemed,
        }
    }

    pub(super) fn from_byte(byte: u8) -> Option<Self> {
        [
            Self::Intent,
            Self::Redeemed,
            Self::Published,
            Self::Outcome,
            Self::Opened,
            Self::Closed,
        ]
        .into_iter()
        .find(|kind| *kind as u8 == byte)
    }
}

/// Appends `event` to `out`, without the body of a response, which is sealed apart.
pub(super) fn encode(event: &Event, out: &mut Vec<u8>) {
    match event {
        Event::Intent(intent) => {
            out.extend(intent.fingerprint.as_bytes());
            out.push(intent.attempt);
            put_time(out, intent.at);
            put_locator(out, &intent.locator);
        }
        Event::Redeemed(redeemed) => {
            out.extend(redeemed.fingerprint.as_bytes());
            out.extend(redeemed.response.status.to_le_bytes());
            put_time(out, redeemed.at);
            put_locator(out, &redeemed.locator);
        }
        Event::Published(published) => {
            put_time(out, published.at);
            put_bytes(out, &published.generation);
            put_len(out, published.fingerprints.len());
            published
                .fingerprints
                .iter()
                .for_each(|fingerprint| out.extend(fingerprint.as_bytes()));
        }
        Event::Outcome(outcome) => put_outcome(out, outcome),
    }
}

fn put_outcome(out: &mut Vec<u8>, outcome: &Outcome) {
    out.extend(outcome.fingerprint.as_bytes());
    out.push(class_byte(outcome.class));
    put_time(out, outcome.at);
    put_locator(out, &outcome.locator);
    for text in [
        &outcome.error,
        &outcome.suberror,
        &outcome.message,
        &outcome.home_account_id,
    ] {
        put_option(out, text.as_deref(), |out, text| {
            put_bytes(out, text.as_bytes())
        });
    }
    put_len(out, outcome.codes.len());
    outcome
        .codes
        .iter()
        .for_each(|code| out.extend(code.to_le_bytes()));
    put_option(out, outcome.retry_after, |out, wait| {
        out.extend(wait.as_secs().to_le_bytes())
    });
    put_option(out, outcome.response, |out, position| {
        out.extend(position.0.to_le_bytes())
    });
}

fn put_locator(out: &mut Vec<u8>, locator: &Locator) {
    put_bytes(out, locator.file().as_bytes());
    let (tag, numbers) = match locator.place() {
        Place::Element(index) => (1, [index, 0]),
        Place::File { file, element } => (2, [file, element]),
        Place::Line(number) => (3, [number, 0]),
        Place::RefreshToken(index) => (4, [index, 0]),
    };
    out.push(tag);
    numbers
        .iter()
        .for_each(|number| out.extend(number.to_le_bytes()));
    put_option(out, locator.key(), |out, key| {
        put_bytes(out, key.as_bytes())
    });
}

fn put_option<T>(out: &mut Vec<u8>, value: Option<T>, put: impl FnOnce(&mut Vec<u8>, T)) {
    out.push(u8::from(value.is_some()));
    if let Some(value) = value {
        put(out, value);
    }
}

fn put_time(out: &mut Vec<u8>, time: UnixTime) {
    out.extend(time.as_secs().to_le_bytes());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_len(out, bytes.len());
    out.extend(bytes);
}

/// Lengths above 4 GiB cannot occur: the record they would be in is refused for its size.
fn put_len(out: &mut Vec<u8>, len: usize) {
    out.extend(u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
}

/// Reads the event of `kind` from `bytes`; `None` when it is not one. A response comes without its body.
pub(super) fn decode(kind: Kind, bytes: &[u8]) -> Option<Event> {
    let mut input = Input(bytes);
    let event = match kind {
        Kind::Intent => Event::Intent(Intent {
            fingerprint: input.fingerprint()?,
            attempt: input.byte()?,
            at: input.time()?,
            locator: input.locator()?,
        }),
        Kind::Redeemed => {
            let (fingerprint, status) = (input.fingerprint()?, u16::from_le_bytes(input.array()?));
            let response = RawResponse {
                status,
                body: Default::default(),
            };
            Event::Redeemed(Redeemed {
                fingerprint,
                response,
                at: input.time()?,
                locator: input.locator()?,
            })
        }
        Kind::Published => Event::Published(Published {
            at: input.time()?,
            generation: input.bytes()?.to_vec(),
            fingerprints: input.many(Input::fingerprint)?,
        }),
        Kind::Outcome => Event::Outcome(input.outcome()?),
        Kind::Opened | Kind::Closed => return None,
    };
    input.0.is_empty().then_some(event)
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn outcome(&mut self) -> Option<Outcome> {
        let (fingerprint, class) = (self.fingerprint()?, class_of(self.byte()?)?);
        let (at, locator) = (self.time()?, self.locator()?);
        let mut outcome = Outcome::new(fingerprint, locator, class, at);
        outcome.error = self.option(Self::text)?;
        outcome.suberror = self.option(Self::text)?;
        outcome.message = self.option(Self::text)?;
        outcome.home_account_id = self.option(Self::text)?;
        outcome.codes = self.many(|input| input.array().map(u32::from_le_bytes))?;
        outcome.retry_after = self.option(Self::number)?.map(Duration::from_secs);
        outcome.response = self.option(Self::number)?.map(Position);
        Some(outcome)
    }

    fn locator(&mut self) -> Option<Locator> {
        let file: Arc<str> = str::from_utf8(self.bytes()?).ok()?.into();
        let (tag, first, second) = (self.byte()?, self.number()?, self.number()?);
        let place = match tag {
            1 => Place::Element(first),
            2 => Place::File {
                file: first,
                element: second,
            },
            3 => Place::Line(first),
            4 => Place::RefreshToken(first),
            _ => return None,
        };
        let locator = Locator::new(&file, place);
        Some(match self.option(Self::text)? {
            Some(key) => locator.with_key(&key),
            None => locator,
        })
    }

    fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.byte()? {
            0 => Some(None),
            1 => read(self).map(Some),
            _ => None,
        }
    }

    fn many<T>(&mut self, mut read: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = u32::from_le_bytes(self.array()?);
        // Not reserved: a count is believed only as far as there are bytes.
        (0..count).map(|_| read(self)).collect()
    }

    fn text(&mut self) -> Option<String> {
        Some(str::from_utf8(self.bytes()?).ok()?.to_owned())
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = u32::from_le_bytes(self.array()?);
        let (bytes, rest) = self.0.split_at_checked(usize::try_from(len).ok()?)?;
        self.0 = rest;
        Some(bytes)
    }

    fn fingerprint(&mut self) -> Option<Fingerprint> {
        self.array().map(Fingerprint::from_bytes)
    }

    fn time(&mut self) -> Option<UnixTime> {
        self.array()
            .map(i64::from_le_bytes)
            .map(UnixTime::from_secs)
    }

    fn number(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }
}

/// Written down once for ever: the numbers are in files.
const CLASSES: [(u8, Class); 6] = [
    (1, Class::Failed),
    (2, Class::Migrated),
    (3, Class::NeedsUser),
    (4, Class::Quarantined),
    (5, Class::Retry),
    (6, Class::Skipped),
];

fn class_byte(class: Class) -> u8 {
    match class {
        Class::Failed => 1,
        Class::Migrated => 2,
        Class::NeedsUser => 3,
        Class::Quarantined => 4,
        Class::Retry => 5,
        Class::Skipped => 6,
    }
}

fn class_of(byte: u8) -> Option<Class> {
    CLASSES
        .iter()
        .find(|(number, _)| *number == byte)
        .map(|(_, class)| *class)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn locator() -> Locator {
        Locator::new(
            &"tokens.csv".into(),
            Place::File {
                file: 1,
                element: u64::MAX,
            },
        )
        .with_key("alice@contoso.example")
    }

    fn events() -> [Event; 5] {
        let (fingerprint, at) = (Fingerprint::from_bytes([7; 16]), UnixTime::from_secs(-1));
        let mut outcome = Outcome::new(fingerprint, locator(), Class::Quarantined, at);
        let bare = Event::Outcome(outcome.clone());
        outcome.error = Some("invalid_grant".into());
        outcome.suberror = Some(String::new());
        outcome.codes = vec![70008, u32::MAX];
        outcome.message = Some("ungültig".into());
        outcome.retry_after = Some(Duration::from_secs(60));
        outcome.home_account_id = Some("u.t".into());
        outcome.response = Some(Position(42));
        let response = RawResponse {
            status: 200,
            body: Default::default(),
        };
        [
            Event::Intent(Intent {
                fingerprint,
                locator: locator(),
                attempt: 255,
                at,
            }),
            Event::Redeemed(Redeemed {
                fingerprint,
                locator: locator(),
                at,
                response,
            }),
            Event::Published(Published {
                fingerprints: vec![fingerprint; 3],
                generation: vec![1, 2],
                at,
            }),
            Event::Outcome(outcome),
            bare,
        ]
    }

    fn encoded(event: &Event) -> Vec<u8> {
        let mut out = Vec::new();
        encode(event, &mut out);
        out
    }

    #[test]
    fn events_come_back() {
        for event in events() {
            let bytes = encoded(&event);
            let back = decode(Kind::of(&event), &bytes).unwrap();
            assert_eq!(encoded(&back), bytes);
            assert_eq!(format!("{back:?}"), format!("{event:?}"));
        }
    }

    #[test]
    fn cut_and_extended_events_are_refused() {
        for event in events() {
            let mut bytes = encoded(&event);
            for end in 0..bytes.len() {
                assert!(
                    decode(Kind::of(&event), &bytes[..end]).is_none(),
                    "{event:?} {end}"
                );
            }
            bytes.push(0);
            assert!(decode(Kind::of(&event), &bytes).is_none());
        }
    }

    #[test]
    fn classes_and_their_numbers_agree() {
        for (number, class) in CLASSES {
            assert_eq!(class_byte(class), number);
        }
        assert_eq!(class_of(0), None);
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic(kind in 0_u8..8, bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let event = Kind::from_byte(kind).and_then(|kind| decode(kind, &bytes));
            prop_assert!(event.is_none_or(|event| encoded(&event).len() <= bytes.len()));
        }
    }
}
