//! Texts that many entries have in common: the host, the tenant, the client, the scopes.
//!
//! Shared, they are in memory once, and at hand whenever the next entry is written or compared.

use std::collections::VecDeque;

use crate::Text;

/// The texts that were asked for last.
#[derive(Clone, Default)]
pub(super) struct Interner {
    texts: VecDeque<Text>,
}

impl Interner {
    /// `text`, sharing the memory of the same text where that was asked for recently.
    pub(super) fn intern(&mut self, text: &str) -> Text {
        if let Some(known) = self.texts.iter().find(|known| *known == text) {
            return known.clone();
        }
        if self.texts.len() == ROOM {
            self.texts.pop_front();
        }
        let text = Text::from(text);
        self.texts.push_back(text.clone());
        text
    }
}

/// Room for the texts of two clients in two tenants.
const ROOM: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shared_until_many_others_have_been_asked_for() {
        let mut interner = Interner::default();
        let place = |text: &Text| text.as_bytes().as_ptr();
        let first = interner.intern("contoso");
        for other in 1..ROOM {
            interner.intern(&other.to_string());
        }
        assert_eq!(place(&interner.intern("contoso")), place(&first));
        assert_eq!(interner.intern("one too many"), "one too many");
        assert_ne!(place(&interner.intern("contoso")), place(&first));
        assert_eq!(interner.texts.len(), ROOM);
    }
}
