//! The tokens of one answer in one piece of memory.

use std::borrow::Cow;

use zeroize::Zeroize as _;

use crate::{SecretBuffer, Text};

/// Tokens in one piece of memory.
pub(super) struct SideBySide<const N: usize> {
    pub(super) text: Text,
    /// How long each is, where there is one.
    lengths: [Option<usize>; N],
}

impl<const N: usize> SideBySide<N> {
    /// Copies the tokens, one behind the other.
    pub(super) fn new(tokens: [Option<Cow<'_, str>>; N]) -> Self {
        let lengths = tokens.each_ref().map(|token| Some(token.as_ref()?.len()));
        let mut bytes = SecretBuffer::with_capacity(lengths.iter().flatten().sum());
        for token in tokens.into_iter().flatten() {
            bytes.extend_from_slice(token.as_bytes());
            // Text with JSON escapes was decoded into a copy of its own: that copy is wiped.
            if let Cow::Owned(mut copy) = token {
                copy.zeroize();
            }
        }
        Self {
            text: Text::try_from(bytes.into_shared()).unwrap_or_default(),
            lengths,
        }
    }

    /// The tokens where they stand now.
    pub(super) fn parts(&self) -> [Option<Cow<'_, str>>; N] {
        let mut rest = self.text.as_str();
        self.lengths.map(|length| {
            let (part, others) = rest.split_at_checked(length?)?;
            rest = others;
            Some(Cow::Borrowed(part))
        })
    }
}
